import type { IssuedForecast } from '../backtest/backtest.ts'

/**
 * What the pictures of a report need beyond the metrics, gathered forecast by forecast in bounded memory: sums by hour
 * ahead, counts by quantile, and of each model and building its last days and its worst one.
 */
export interface ReportCollector {
  add(forecast: IssuedForecast): void
  /** By model, then building. */
  readonly models: ReadonlyMap<string, ReadonlyMap<string, Collected>>
}

export interface Collected {
  /** By hour ahead: sum of absolute errors, and how many hours were measured. */
  absolute: Float64Array
  hours: Float64Array
  truth: number
  /** By quantile: how many truths lay at or below it. */
  below: Float64Array
  /** The newest forecasts, ascending. */
  last: IssuedForecast[]
  /** The forecast with the greatest mean absolute error of those with at least half a day of truth. */
  worst: IssuedForecast | undefined
  worstError: number
}

const DAYS_SHOWN = 7
const LEAST_HOURS = 12

export const createReportCollector = (): ReportCollector => {
  const models = new Map<string, Map<string, Collected>>()
  return {
    models,
    add(forecast) {
      const { model, building, truth } = forecast
      const buildings = models.getOrInsertComputed(model, () => new Map<string, Collected>())
      addTo(
        buildings.getOrInsertComputed(building, () => emptyOf(truth.length)),
        forecast,
      )
    },
  }
}

const emptyOf = (horizonHours: number): Collected => ({
  absolute: new Float64Array(horizonHours),
  hours: new Float64Array(horizonHours),
  truth: 0,
  below: new Float64Array(9),
  last: [],
  worst: undefined,
  worstError: 0,
})

const addTo = (into: Collected, forecast: IssuedForecast): void => {
  const { quantiles, truth } = forecast
  let sum = 0
  let measured = 0
  truth.forEach((value, hour) => {
    if (Number.isNaN(value)) return
    const error = Math.abs(value - (quantiles[hour * 9 + 4] ?? NaN))
    into.absolute[hour] = (into.absolute[hour] ?? 0) + error
    into.hours[hour] = (into.hours[hour] ?? 0) + 1
    into.truth += value
    for (let q = 0; q < 9; q += 1) {
      if (value <= (quantiles[hour * 9 + q] ?? NaN)) into.below[q] = (into.below[q] ?? 0) + 1
    }
    sum += error
    measured += 1
  })
  into.last.push(forecast)
  if (into.last.length > DAYS_SHOWN) into.last.shift()
  if (measured >= LEAST_HOURS && sum / measured > into.worstError) {
    into.worst = forecast
    into.worstError = sum / measured
  }
}

/** Hours of a building that were held against a truth. */
export const hoursOf = ({ hours }: Collected): number => hours.reduce((sum, count) => sum + count, 0)
