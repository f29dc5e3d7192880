import type { Sample } from '../city/observation.ts'

/**
 * A forecasting model. `history` is hourly, ascending, one sample a started hour with gaps left out; nothing at or
 * after `issuedAtMs` may be in it. Pure: the same input gives the same output, and there is no clock inside.
 */
export interface ForecastModel {
  name: string
  version: string
  /**
   * Nine quantiles (see `store/forecasts.ts`) for each hour that starts in `[issuedAtMs, issuedAtMs + horizonHours h)`.
   * Throws `insufficient-data` when the history cannot carry a forecast, and says what is missing.
   */
  predict(input: PredictInput): PredictedHour[]
}

export interface PredictInput {
  history: readonly Sample[]
  issuedAtMs: number
  horizonHours: number
  timeZone: string
}

export interface PredictedHour {
  startMs: number
  /** Ascending in quantile, never crossing. */
  quantiles: number[]
}
