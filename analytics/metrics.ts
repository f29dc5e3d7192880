import { QUANTILES } from '../store/forecasts.ts'
import { median } from './median.ts'

/**
 * How wrong forecasts were; each figure follows from the rows of a predictions file. The point forecast is the 0.5
 * quantile. Hours without a measured truth do not count.
 */
export interface Metrics {
  /** 100 * root mean square error / mean of the truth, per cent (BuildingsBench, NREL 2023). Null when that mean is 0. */
  nrmse: number | null
  /** Mean absolute error, in the unit of the series. */
  mae: number | null
  /** 100 * sum of absolute errors / sum of the truth, per cent. Null when that sum is 0. */
  wmape: number | null
  /** Mean pinball loss over the nine quantiles, in the unit of the series. */
  pinball: number | null
  /** Share of hours inside an interval of nominally 50 %: halfway between the 0.2 and 0.3, and the 0.7 and 0.8 quantiles. */
  coverage50: number | null
  /** Share of hours between the 0.1 and 0.9 quantiles. */
  coverage80: number | null
  /** Of nominally 90 %: the outer quantiles drawn on in a straight line to 0.05 and 0.95, since no model gives those. */
  coverage90: number | null
  /** Forecasts that were held against at least one measured hour. */
  windows: number
}

export type MetricName = keyof Metrics

/** Sums up forecasts of one series by one model. */
export interface Score {
  /** One forecast, `[hours x 9]` row-major, against the truth of its hours (NaN: not measured). */
  add(quantiles: Float64Array, truth: Float64Array): void
  /** Another score's forecasts are counted as well. */
  join(other: Score): void
  metrics(): Metrics
  readonly sums: Readonly<Sums>
}

interface Sums {
  hours: number
  windows: number
  squared: number
  absolute: number
  truth: number
  pinball: number
  inside50: number
  inside80: number
  inside90: number
}

export const createScore = (): Score => {
  const sums: Sums = {
    hours: 0,
    windows: 0,
    squared: 0,
    absolute: 0,
    truth: 0,
    pinball: 0,
    inside50: 0,
    inside80: 0,
    inside90: 0,
  }
  return {
    sums,
    add(quantiles, truth) {
      const before = sums.hours
      truth.forEach((value, hour) => {
        if (!Number.isNaN(value)) addHour(sums, quantiles.subarray(hour * 9, hour * 9 + 9), value)
      })
      if (sums.hours > before) sums.windows += 1
    },
    join(other) {
      for (const key of Object.keys(sums) as (keyof Sums)[]) sums[key] += other.sums[key]
    },
    metrics: () => toMetrics(sums),
  }
}

/** Mean pinball loss of nine quantiles at one truth. */
export const pinballOf = (quantiles: ArrayLike<number>, truth: number): number =>
  QUANTILES.reduce((sum, level, q) => {
    const error = truth - (quantiles[q] ?? NaN)
    return sum + Math.max(level * error, (level - 1) * error)
  }, 0) / QUANTILES.length

const addHour = (sums: Sums, quantiles: Float64Array, truth: number): void => {
  const [q10 = NaN, q20 = NaN, q30 = NaN, , q50 = NaN, , q70 = NaN, q80 = NaN, q90 = NaN] = quantiles
  const error = truth - q50
  sums.hours += 1
  sums.squared += error * error
  sums.absolute += Math.abs(error)
  sums.truth += truth
  sums.pinball += pinballOf(quantiles, truth)
  if (truth >= (q20 + q30) / 2 && truth <= (q70 + q80) / 2) sums.inside50 += 1
  if (truth >= q10 && truth <= q90) sums.inside80 += 1
  if (truth >= q10 - (q20 - q10) / 2 && truth <= q90 + (q90 - q80) / 2) sums.inside90 += 1
}

const toMetrics = (sums: Sums): Metrics => {
  const share = (sum: number): number | null => (sums.hours > 0 ? sum / sums.hours : null)
  const perCent = (value: number): number | null => (sums.truth > 0 ? 100 * value : null)
  const mean = sums.truth / sums.hours
  return {
    nrmse: perCent(Math.sqrt(sums.squared / sums.hours) / mean),
    mae: share(sums.absolute),
    wmape: perCent(sums.absolute / sums.truth),
    pinball: share(sums.pinball),
    coverage50: share(sums.inside50),
    coverage80: share(sums.inside80),
    coverage90: share(sums.inside90),
    windows: sums.windows,
  }
}

/** The median of each figure over buildings; those that have none do not count. */
export const medianMetrics = (all: readonly Metrics[]): Metrics => {
  const middle = (name: MetricName): number | null => {
    const figures = all.flatMap((metrics) => metrics[name] ?? [])
    return figures.length === 0 ? null : median(figures)
  }
  return {
    nrmse: middle('nrmse'),
    mae: middle('mae'),
    wmape: middle('wmape'),
    pinball: middle('pinball'),
    coverage50: middle('coverage50'),
    coverage80: middle('coverage80'),
    coverage90: middle('coverage90'),
    windows: middle('windows') ?? 0,
  }
}
