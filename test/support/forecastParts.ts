import path from 'node:path'
import { createCitySeries } from '../../analytics/citySeries.ts'
import { createForecastJob } from '../../analytics/forecastJob.ts'
import type { FittedModel, ForecastModel } from '../../analytics/forecastModel.ts'
import { FORECAST_MODELS } from '../../analytics/models/index.ts'
import { createModelRegistry, type NewModel } from '../../analytics/registry/registry.ts'
import { createServedModels } from '../../analytics/registry/servedModels.ts'
import { type Calendar, createCalendar } from '../../city/calendar.ts'
import { createForecastStore, type ForecastProperty } from '../../store/forecasts.ts'
import type { TestStores } from './stores.ts'

/** Everything that forecasts in a city, over real stores, with the models of a test. */
export const openForecastParts = async (
  stack: AsyncDisposableStack,
  stores: TestStores,
  options: {
    kinds: Readonly<Record<string, ForecastModel>>
    packaged: (property: ForecastProperty) => Promise<NewModel>
    now: () => number
    calendar?: Pick<Calendar, 'timeZone' | 'day'>
  },
) => {
  const { catalogue, observations, forecasts, intake, log, folder } = stores
  const {
    kinds,
    packaged,
    now,
    calendar = createCalendar({ timeZone: 'Asia/Makassar', holidays: [] }),
  } = options
  const models = path.join(folder, 'models')
  const registry = stack.adopt(createModelRegistry({ folder: models, now }), (it) => it.close())
  const challengers = stack.adopt(
    createForecastStore({ file: path.join(models, 'challengers.sqlite') }),
    (it) => it.close(),
  )
  const series = createCitySeries({ catalogue, observations, calendar })
  const issues = { served: forecasts, challengers }
  const served = await createServedModels({ registry, kinds, packaged, log })
  const job = stack.use(
    createForecastJob({ catalogue, intake, series, models: served, issues, log, settleMs: 1 }),
  )
  return { registry, challengers, series, issues, models: served, job, modelsFolder: models }
}

/** A model that needs no training, as it would ship. */
export const seasonalPackage = async (property: ForecastProperty): Promise<NewModel> => {
  const model = FORECAST_MODELS['same-hour-mean']
  if (!model) throw new Error('there is no model same-hour-mean')
  return packagedOf(await model.fit([]))(property)
}

/** A fitted model as it would ship. */
export const packagedOf =
  (fitted: FittedModel) =>
  (property: ForecastProperty): Promise<NewModel> =>
    Promise.resolve({
      property,
      building: null,
      name: fitted.name,
      version: fitted.version,
      data: { fingerprint: 'packaged', series: 0, hours: 0, fromMs: 0, toMs: 0 },
      codeVersion: '0.1.0',
      trainedAtMs: 0,
      trainingSeconds: 0,
      metrics: null,
      reason: 'Ships with Nadi.',
      content: fitted.save(),
    })
