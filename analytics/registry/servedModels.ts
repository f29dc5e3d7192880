import type { Logger } from 'pino'
import { NadiError } from '../../city/errors.ts'
import type { ForecastProperty } from '../../store/forecasts.ts'
import type { FittedModel, ForecastModel } from '../forecastModel.ts'
import type { ModelEntry } from './entry.ts'
import type { ModelRegistry, NewModel } from './registry.ts'

/** A model of the registry, ready to forecast. */
export interface LoadedModel {
  entry: ModelEntry
  fitted: FittedModel
}

/** The models of the registry in memory. A file that cannot be read never stops a forecast. */
export interface ServedModels {
  /**
   * What is served for a building: its own champion, else that for all. A champion whose file is damaged or of a wrong
   * shape is refused with the reason and the one before it goes on; where there is none, the one that ships with Nadi.
   */
  champion(property: ForecastProperty, building: string): Promise<LoadedModel>
  /** What forecasts beside it, likewise; a damaged one is refused. */
  challenger(property: ForecastProperty, building: string): Promise<LoadedModel | undefined>
  /** Reads a model whatever its state. Throws `not-found` or `damaged-model`. */
  load(id: string): Promise<LoadedModel>
}

export interface ServedModelsOptions {
  registry: ModelRegistry
  /** Every kind of model, by name. */
  kinds: Readonly<Record<string, ForecastModel>>
  /** What ships with Nadi. */
  packaged: (property: ForecastProperty) => Promise<NewModel>
  /** A plain one that is the first challenger: a city unlike those that the packaged one knows is better off with it. */
  standIn?: (property: ForecastProperty) => Promise<NewModel>
  log: Logger
}

/** Makes sure that each property has a champion; a newer model that ships with Nadi becomes a challenger. */
export const createServedModels = async (options: ServedModelsOptions): Promise<ServedModels> => {
  const { registry, kinds, packaged, log } = options
  const loaded = new Map<string, Promise<FittedModel>>()

  const load = async (id: string): Promise<LoadedModel> => {
    const entry = registry.find(id)
    let fitted = loaded.get(id)
    if (!fitted || !entry) {
      fitted = read(id)
      loaded.set(id, fitted)
      fitted.catch(() => loaded.delete(id))
    }
    const model = await fitted
    return { entry: registry.find(id) ?? missing(id), fitted: model }
  }
  const read = async (id: string): Promise<FittedModel> => {
    const content = registry.content(id)
    const { name } = registry.find(id) ?? missing(id)
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined
    if (kind) return kind.load(content)
    throw new NadiError(
      'damaged-model',
      `Model ${id} is of the kind "${name}", which this Nadi does not have. Promote another, or start the version that trained it.`,
    )
  }

  /** Puts what ships with Nadi into service, its file written again should that be the damaged one. */
  const install = async (property: ForecastProperty, reason: string): Promise<void> => {
    const model = await packaged(property)
    const { id, state } = registry.add(model)
    registry.restore(id, model.content)
    if (state !== 'champion') registry.promote(id, reason)
  }

  const giveWay = async (entry: ModelEntry, reason: string): Promise<void> => {
    log.error({ model: entry.id, reason }, 'a champion cannot be read: the one before it goes on')
    try {
      registry.rollback(entry, reason)
    } catch (error) {
      if (!(error instanceof NadiError && error.code === 'conflict')) throw error
      registry.refuse(entry.id, reason)
      await install(entry.property, 'Ships with Nadi, and no other model can be read.')
    }
  }

  for (const property of ['energy', 'occupancy'] as const) {
    if (registry.current({ property, building: null }, 'champion')) {
      registry.add(await packaged(property))
      continue
    }
    await install(property, 'Ships with Nadi.')
    if (options.standIn) registry.add(await options.standIn(property))
  }

  return {
    load,
    async champion(property, building) {
      for (;;) {
        const entry =
          registry.current({ property, building }, 'champion') ??
          registry.current({ property, building: null }, 'champion')
        if (!entry) {
          await install(property, 'Ships with Nadi, and no other model is in service.')
          continue
        }
        try {
          return await load(entry.id)
        } catch (error) {
          if (!isDamage(error)) throw error
          // Another that asked at the same time may have seen to it.
          if (registry.find(entry.id)?.state === 'champion') await giveWay(entry, error.message)
        }
      }
    },
    async challenger(property, building) {
      const entry =
        registry.current({ property, building }, 'challenger') ??
        registry.current({ property, building: null }, 'challenger')
      if (!entry) return undefined
      try {
        return await load(entry.id)
      } catch (error) {
        if (!isDamage(error)) throw error
        registry.refuse(entry.id, error.message)
        return undefined
      }
    },
  }
}

const isDamage = (error: unknown): error is NadiError =>
  error instanceof NadiError && error.code === 'damaged-model'

const missing = (id: string): never => {
  throw new NadiError('not-found', `There is no model ${id}. "npx nadi models list" shows those there are.`)
}
