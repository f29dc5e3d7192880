import type { Sample } from '../../city/observation.ts'
import type { TimeRange } from '../rolledBuckets.ts'

/**
 * The newest samples of one Datastream, one at least, ascending: all that are stored at or after `fromMs`. Plain data
 * and two arrays of numbers, for there may be a hundred thousand of them.
 */
export interface Series {
  fromMs: number
  readonly times: number[]
  readonly values: number[]
}

/**
 * Samples that may be newer than a late one for it to be put among them: moving more costs more than a query does, and
 * what comes so late is seldom asked for.
 */
const MAX_NEWER = 500

/** Begins with one sample; nothing else is stored at or after `fromMs`. */
export const seriesOf = (fromMs: number, { timeMs, value }: Sample): Series => ({
  fromMs,
  times: [timeMs],
  values: [value],
})

export const newestOf = (series: Series): Sample => sampleAt(series, series.times.length - 1)

/** Samples of the range, at most `limit`; undefined when it begins before what is kept. */
export const readSeries = (series: Series, range: TimeRange, limit: number): Sample[] | undefined => {
  if (range.fromMs < series.fromMs) return undefined
  const from = positionOf(series, range.fromMs)
  const to = Math.min(positionOf(series, range.toMs), from + limit)
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => sampleAt(series, from + i))
}

/** Puts or replaces a sample. Returns by how many samples more are kept now, below 0 when fewer are. */
export const putSample = (series: Series, timeMs: number, value: number): number => {
  const { times, values } = series
  if (timeMs < series.fromMs) return 0
  if (timeMs > (times[times.length - 1] ?? NaN)) {
    times.push(timeMs)
    values.push(value)
    return 1
  }
  const at = positionOf(series, timeMs)
  if (times[at] === timeMs) {
    values[at] = value
    return 0
  }
  if (times.length - at > MAX_NEWER) {
    forget(series, at, timeMs + 1)
    return -at
  }
  times.splice(at, 0, timeMs)
  values.splice(at, 0, value)
  return 1
}

/** Whether all that is kept lies within the range. */
export const isWithin = ({ times }: Series, range: TimeRange): boolean =>
  range.fromMs <= (times[0] ?? NaN) && (times[times.length - 1] ?? NaN) < range.toMs

/** Deletes a range that leaves something. Returns how many samples went. */
export const removeRange = (series: Series, range: TimeRange): number => {
  const at = positionOf(series, range.fromMs)
  const count = positionOf(series, range.toMs) - at
  series.times.splice(at, count)
  series.values.splice(at, count)
  return count
}

/** Gives up the oldest quarter, never the newest sample. Returns how many went. */
export const forgetOldest = (series: Series): number => {
  const count = series.times.length > 1 ? Math.ceil(series.times.length / 4) : 0
  if (count > 0) forget(series, count, (series.times[count - 1] ?? NaN) + 1)
  return count
}

/** Gives up the samples before a position, in place; the others are all from `fromMs` on. */
const forget = (series: Series, position: number, fromMs: number): void => {
  series.times.splice(0, position)
  series.values.splice(0, position)
  series.fromMs = fromMs
}

const sampleAt = ({ times, values }: Series, at: number): Sample => ({
  timeMs: times[at] ?? NaN,
  value: values[at] ?? NaN,
})

/** The first position whose time is `timeMs` or later. */
const positionOf = ({ times }: Series, timeMs: number): number => {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] ?? Infinity) < timeMs) low = middle + 1
    else high = middle
  }
  return low
}
