/**
 * Forecasts beside the observations, never among them: one issue is a series, its issue time and nine quantiles for
 * each hour ahead. Old issues are kept so that they can be scored when the truth has arrived.
 */
export interface ForecastStore {
  /** Durable when it returns. The same (building, property, issuedAtMs) replaces. */
  put(issue: ForecastIssue): void
  /** The newest issue of a series, or undefined. */
  newest(building: string, property: ForecastProperty): ForecastIssue | undefined
  /** Issues with `fromMs <= issuedAtMs < toMs`, ascending. */
  range(building: string, property: ForecastProperty, fromMs: number, toMs: number): ForecastIssue[]
  close(): void
}

export type ForecastProperty = 'energy' | 'occupancy'

/** The nine quantiles of the project, ascending. */
export const QUANTILES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] as const

export interface ForecastIssue {
  building: string
  property: ForecastProperty
  issuedAtMs: number
  model: { name: string; version: string }
  /** Each hour ahead, ascending; `quantiles[i]` belongs to `QUANTILES[i]`, never crossing. */
  hours: ForecastHour[]
  /** Totals of local days with an interval of their own (never the sum of the hours' bounds); energy only. */
  days: ForecastHour[]
}

export interface ForecastHour {
  startMs: number
  endMs: number
  quantiles: number[]
}
