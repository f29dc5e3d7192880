import type { Sample } from '../city/observation.ts'
import type { ForecastHour } from '../store/forecasts.ts'

/**
 * A forecasting model: one file in `models/`, copied from `models/_blueprint.ts`. Pure: the same input gives the same
 * output; clock and randomness come in as arguments or not at all.
 */
export interface ForecastModel {
  name: string
  version: string
  /** Days of history that it can make use of; more is not read for it. */
  contextDays: number
  /** Throws `insufficient-data` when the history cannot carry a forecast, and says what is missing. */
  predict(input: PredictInput): Prediction
}

export interface PredictInput {
  /** One sample a local hour (time = its start), ascending, gaps left out, all before `issuedAtMs`. */
  history: readonly Sample[]
  /** A full local hour. */
  issuedAtMs: number
  /** Forecasts are for the hours that start in `[issuedAtMs, untilMs)`. */
  untilMs: number
  timeZone: string
}

export interface Prediction {
  /** Nine ascending quantiles (`QUANTILES`) for each hour, in the unit of the history. */
  hours: ForecastHour[]
  /** Totals of the whole local days inside the range, with an interval of their own. */
  days: ForecastHour[]
}
