import type { HourlySeries } from './series.ts'

/**
 * A forecasting model: one file (or folder) in `models/`, one line in `models/index.ts`, and the contract suite covers
 * it. Apart from its data: `fit` learns from series, the fitted model forecasts any series, known to it or new.
 */
export interface ForecastModel {
  readonly name: string
  /** Changes whenever the same data would give another forecast. */
  readonly version: string
  /**
   * Learns from the whole of `training` (the caller has cut it). Throws `insufficient-data` when it cannot.
   * Reproducible: the same series and seed give the same fitted model.
   */
  fit(training: readonly HourlySeries[], options?: FitOptions): Promise<FittedModel>
  /** Reads what `save` wrote. Throws `damaged-model` with the reason when the bytes are not a model of this kind. */
  load(bytes: Uint8Array): Promise<FittedModel>
}

export interface FitOptions {
  seed?: number
  signal?: AbortSignal
  /** What to start from, so that a building is fine-tuned and not learned from nothing. */
  from?: FittedModel
  /** `done` of `total` steps, for a progress line. */
  onProgress?: (done: number, total: number, what: string) => void
}

export interface FittedModel {
  readonly name: string
  readonly version: string
  /** Hours of history that a forecast makes use of; more is not read. */
  readonly contextHours: number
  /** What the raw quantiles of held-back recent data lacked; the start of the adaptive calibration of each series. */
  readonly calibration: Calibration
  /** The raw quantiles come from the series' own newest errors as they are: no calibration is laid over them. */
  readonly isSelfCalibrating?: boolean
  /**
   * Raw quantiles, one array for each input, row-major `[horizonHours x 9]`, never crossing, in the unit of the
   * series. Throws `insufficient-data` when a history cannot carry a forecast, and says what is missing.
   */
  predict(inputs: readonly ForecastInput[]): Float64Array[]
  /** Self-describing bytes with their own checksum. */
  save(): Uint8Array
}

export interface ForecastInput {
  /** Ends at the issue time (`until`): the issue time is its end. */
  history: HourlySeries
  /** 1 to 168. */
  horizonHours: number
  /** Outdoor temperature of the hours ahead, only where the future is given (`--weather-mode perfect`). */
  futureTemperatureCelsius?: Float64Array
}

/**
 * Offsets of the nine quantiles for each regime (0 = day off, 1 = working day), `[2][9]`, as shares of the raw
 * spread between the 0.1 and the 0.9 quantile. They start here and follow each series as truth arrives.
 */
export type Calibration = readonly (readonly number[])[]
