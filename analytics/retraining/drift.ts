import { median } from '../median.ts'
import type { DayScore } from '../registry/dayScores.ts'
import { type HourlySeries, MS_PER_HOUR } from '../series.ts'
import { lossOf, totalOf } from './summary.ts'

/** The drift rules, all of them. */
export const DRIFT = {
  /** Error drift: the newest days against those before them. */
  newestDays: 7,
  earlierDays: 28,
  leastEarlierDays: 14,
  /** Loss of the newest days over that of the earlier ones ... */
  errorRatio: 1.5,
  /** ... on at least so many of the newest days above the earlier median: one bad day is no drift. */
  leastDaysAbove: 5,
  /** Covariate drift: newest hours against those before them, whole weeks of both, so that weekdays weigh the same. */
  newestHours: 14 * 24,
  earlierHours: 56 * 24,
  /** Population stability index above which a distribution counts as another (a usual bound, Siddiqi 2006). */
  stabilityIndex: 0.25,
  /** Share of the buildings that drift before a model for all is trained again. */
  leastShare: 0.25,
} as const

/** What has drifted of one building, in words and figures. */
export interface Drift {
  building: string
  kind: 'error' | 'covariate'
  /** Ratio of losses, or stability index. */
  figure: number
  text: string
}

/**
 * Whether forecasts have become worse than they used to be.
 *
 * @param scores of one building and one model
 */
export const findErrorDrift = (scores: readonly DayScore[]): Drift | undefined => {
  const days = scores.filter(({ truth }) => truth > 0).toSorted((a, b) => a.dayMs - b.dayMs)
  const newest = days.slice(-DRIFT.newestDays)
  const earlier = days.slice(-DRIFT.newestDays - DRIFT.earlierDays, -DRIFT.newestDays)
  const building = newest[0]?.building
  if (building === undefined || earlier.length < DRIFT.leastEarlierDays) return undefined
  const before = lossOf(totalOf(earlier))
  const now = lossOf(totalOf(newest))
  const usual = median(earlier.map(lossOf))
  const above = newest.filter((day) => lossOf(day) > usual).length
  if (!(now / before >= DRIFT.errorRatio) || above < DRIFT.leastDaysAbove) return undefined
  const figure = now / before
  const text = `${building}: loss of the newest ${newest.length} days ${figure.toFixed(1)} times that of the ${earlier.length} before (${now.toPrecision(3)} against ${before.toPrecision(3)} % of the mean), ${above} of them above the usual`
  return { building, kind: 'error', figure, text }
}

/** Whether what a model reads of a building is distributed otherwise than it used to be. */
export const findCovariateDrift = (series: HourlySeries): Drift | undefined => {
  const columns = [
    ['the series', series.values],
    ['outdoor temperature', series.temperatureCelsius],
    ['people', series.people],
  ] as const
  const indices = columns.flatMap(([name, values]) => {
    if (!values) return []
    const newest = values.subarray(-DRIFT.newestHours)
    const earlier = values.subarray(-DRIFT.newestHours - DRIFT.earlierHours, -DRIFT.newestHours)
    return [{ name, index: stabilityIndex(known(earlier), known(newest)) }]
  })
  const worst = indices.toSorted((a, b) => b.index - a.index)[0]
  if (!worst || !(worst.index > DRIFT.stabilityIndex)) return undefined
  const text = `${series.id}: ${worst.name} of the newest ${DRIFT.newestHours / 24} days distributed otherwise than in the ${DRIFT.earlierHours / 24} before (stability index ${worst.index.toFixed(2)}, bound ${DRIFT.stabilityIndex})`
  return { building: series.id, kind: 'covariate', figure: worst.index, text }
}

/** Why all buildings' model should be trained again, or undefined. At most three buildings are named. */
export const reasonToRetrain = (drifts: readonly Drift[], buildings: number): string | undefined => {
  const drifting = new Set(drifts.map(({ building }) => building)).size
  if (drifting === 0 || drifting / buildings < DRIFT.leastShare) return undefined
  const kinds = [...new Set(drifts.map(({ kind }) => kind))].sort().join(' and ')
  const named = drifts.slice(0, 3).map(({ text }) => text)
  const more = drifts.length > 3 ? ` and ${drifts.length - 3} more` : ''
  return `Drift (${kinds}) in ${drifting} of ${buildings} buildings: ${named.join('; ')}${more}.`
}

/** How much of the history the rules look at. */
export const DRIFT_CONTEXT_MS = (DRIFT.newestHours + DRIFT.earlierHours) * MS_PER_HOUR

const BINS = 10
/** An empty bin would make the index infinite. */
const LEAST_SHARE = 1e-3
/** With fewer hours than these chance alone moves it. */
const LEAST_HOURS = 7 * 24

/**
 * Population stability index over the deciles of `earlier`: the sum of `(n - e) ln(n / e)`, `n` and `e` being shares
 * of each. Equal deciles (many zeros at night) are one bin. 0 where there is too little of either.
 */
const stabilityIndex = (earlier: Float64Array, newest: Float64Array): number => {
  if (earlier.length < LEAST_HOURS || newest.length < LEAST_HOURS) return 0
  const sorted = earlier.toSorted()
  const edges = [
    ...new Set(
      Array.from({ length: BINS - 1 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / BINS)] ?? 0),
    ),
  ]
  const before = sharesOf(earlier, edges)
  const now = sharesOf(newest, edges)
  return before.reduce((sum, e, i) => sum + ((now[i] ?? 0) - e) * Math.log((now[i] ?? 0) / e), 0)
}

const sharesOf = (values: Float64Array, edges: readonly number[]): number[] => {
  const counts = Array.from({ length: edges.length + 1 }, () => 0)
  for (const value of values) {
    const bin = edges.findIndex((edge) => value <= edge)
    const at = bin === -1 ? edges.length : bin
    counts[at] = (counts[at] ?? 0) + 1
  }
  return counts.map((count) => Math.max(count / values.length, LEAST_SHARE))
}

const known = (values: Float64Array): Float64Array => values.filter((value) => !Number.isNaN(value))
