import type { ForecastModel } from '../model.ts'
import { sameHourMean } from './sameHourMean.ts'

/** Every model that there is, by name. A new model is one file and one line here. */
export const MODELS: Readonly<Record<string, ForecastModel>> = {
  [sameHourMean.name]: sameHourMean,
}

/** The model that the city serves. */
export const SERVED_MODEL = sameHourMean
