import type { ForecastProperty } from '../../store/forecasts.ts'
import { type HourlySeries, until } from '../series.ts'

/**
 * What is taken for missing, the same for every model and peer. Each verdict on an hour follows from what was known
 * when a forecast was issued, so nothing later changes an earlier forecast:
 *
 * - a negative value (Nadi forecasts what is used and who is there);
 * - from its 25th hour on, a whole run of zeros of energy (an empty building still hums; for people, after a week);
 * - a spike, above 20 times the median of the daily greatest values of the 28 days before it (before the eighth day: of
 *   the first seven). What stays high is no spike: after 6 hours within two days the level is believed.
 *
 * The truth that forecasts are held against lacks the negative values and runs of zeros, but keeps the spikes.
 */
export interface CleanSeries {
  /** What models learn from and see, NaN where missing. */
  series: HourlySeries
  /** What forecasts are held against, NaN where missing. */
  truth: Float64Array
  /** Runs of zeros that count as missing, `[from, to)` in hours from the start. */
  zeroRuns: readonly { from: number; to: number }[]
  negatives: number
  spikes: number
}

const LONGEST_ZERO_HOURS: Readonly<Record<ForecastProperty, number>> = { energy: 24, occupancy: 7 * 24 }
const SPIKE_FACTOR = 20
const DAYS_BEFORE = 28
const FIRST_DAYS = 7
const SPIKES_BELIEVED = 6
const BELIEVED_WITHIN_HOURS = 48

/** Judges every hour of a raw series. The raw values are not changed. */
export const clean = (raw: HourlySeries): CleanSeries => {
  const truth = raw.values.map((value) => (value < 0 ? NaN : value))
  const negatives = raw.values.reduce((count, value) => count + (value < 0 ? 1 : 0), 0)
  const zeroRuns = longZeroRuns(truth, LONGEST_ZERO_HOURS[raw.property])
  for (const { from, to } of zeroRuns) truth.fill(NaN, from, to)
  const values = truth.slice()
  const spikes = spikesOf(truth)
  for (const at of spikes) values[at] = NaN
  return { series: { ...raw, values }, truth, zeroRuns, negatives, spikes: spikes.length }
}

/** The series as it was known at an issue time: a run of zeros that has just begun is not yet known to be long. */
export const knownAt = ({ series, zeroRuns }: CleanSeries, issuedAtMs: number): HourlySeries => {
  const known = until(series, issuedAtMs)
  const now = known.values.length
  const run = zeroRuns.find(({ from, to }) => from < now && now < to)
  if (!run || now - run.from > LONGEST_ZERO_HOURS[series.property]) return known
  return { ...known, values: known.values.slice().fill(0, run.from) }
}

const longZeroRuns = (values: Float64Array, longest: number): { from: number; to: number }[] => {
  const runs: { from: number; to: number }[] = []
  for (let from = 0; from < values.length; from += 1) {
    if (values[from] !== 0) continue
    let to = from + 1
    while (values[to] === 0) to += 1
    if (to - from > longest) runs.push({ from, to })
    from = to
  }
  return runs
}

const spikesOf = (values: Float64Array): number[] => {
  const days = Math.ceil(values.length / 24)
  const greatest = Float64Array.from({ length: days }, (_, day) => {
    const measured = values.subarray(day * 24, day * 24 + 24).filter((value) => !Number.isNaN(value))
    return measured.length > 0 ? Math.max(...measured) : NaN
  })
  const usual = Float64Array.from({ length: days }, (_, day) =>
    day < FIRST_DAYS
      ? median(greatest.subarray(0, FIRST_DAYS))
      : median(greatest.subarray(Math.max(0, day - DAYS_BEFORE), day)),
  )
  const spikes: number[] = []
  const recent: number[] = []
  values.forEach((value, at) => {
    const bound = SPIKE_FACTOR * (usual[Math.floor(at / 24)] ?? NaN)
    if (!(bound > 0 && value > bound)) return
    while (recent.length > 0 && (recent[0] ?? 0) <= at - BELIEVED_WITHIN_HOURS) recent.shift()
    if (recent.length < SPIKES_BELIEVED) spikes.push(at)
    recent.push(at)
  })
  return spikes
}

/** NaN when nothing was measured. */
const median = (values: Float64Array): number => {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort()
  const middle = sorted.length / 2
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle) - 1] ?? NaN)) / 2
}
