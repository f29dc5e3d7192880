import type { ForecastProperty } from '../../store/forecasts.ts'
import { nadi } from '../models/nadi.ts'
import { SEASONAL_MODELS } from '../models/seasonal.ts'
import { pretrainedModel } from '../pretrained/pretrained.ts'
import type { NewModel } from './registry.ts'

/** The plain model that is its first challenger: the mean of the same hour of four weeks. */
export const standInModel = async (property: ForecastProperty): Promise<NewModel> => {
  const kind = SEASONAL_MODELS.find(({ name }) => name === 'four-weeks')
  if (!kind) throw new Error('there is no model four-weeks')
  const fitted = await kind.fit([])
  return {
    ...described(property),
    data: { fingerprint: 'none', series: 0, hours: 0, fromMs: 0, toMs: 0 },
    name: fitted.name,
    version: fitted.version,
    reason: 'A plain forecast to begin with, to which the model that ships is held.',
    content: fitted.save(),
  }
}

/** When the models that ship were trained: the first training in a city comes when they are a week old. */
const PRETRAINED_AT_MS = Date.UTC(2026, 10, 30)

/**
 * The model that ships with Nadi, as the registry keeps it; `pretrained/MODEL_CARD.md` says what it learned from. An
 * installation that lacks its file begins with the plain one.
 */
export const packagedModel = async (property: ForecastProperty): Promise<NewModel> => {
  let content: Uint8Array
  try {
    content = pretrainedModel(property)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return standInModel(property)
    throw error
  }
  return {
    ...described(property),
    name: nadi.name,
    version: nadi.version,
    reason: 'Ships with Nadi.',
    content,
  }
}

const described = (property: ForecastProperty) => ({
  property,
  building: null,
  data: { fingerprint: 'pretrained', series: 0, hours: 0, fromMs: 0, toMs: 0 },
  codeVersion: 'pretrained',
  trainedAtMs: PRETRAINED_AT_MS,
  trainingSeconds: 0,
  metrics: null,
})
