import { QUANTILES } from '../store/forecasts.ts'
import type { LocalClock } from './features/localClock.ts'
import { LEVELS } from './quantiles.ts'
import { MS_PER_HOUR } from './series.ts'

/**
 * Totals of whole local days with an interval of their own. Errors of neighbouring hours go together, but not wholly, so
 * a day's bounds are nearer to its middle than the sum of its hours' bounds: hourly half-widths are added like standard
 * deviations whose correlation fades with the distance, and then stretched so that days that have passed fell inside as
 * often as they should.
 */
export interface DayTotal {
  startMs: number
  endMs: number
  /** Nine, ascending. */
  quantiles: number[]
}

const MIDDLE = QUANTILES.indexOf(0.5)
const HOURLY_CORRELATION = 0.92
const LEAST_MEASURED_HOURS = 18

/** First hour and end, as positions in a forecast, of each whole local day in its `hours` hours from `issuedAtMs` on. */
export const wholeDays = (
  issuedAtMs: number,
  hours: number,
  clock: LocalClock,
): { from: number; to: number }[] => {
  const days: { from: number; to: number }[] = []
  let from: number | undefined
  for (let hour = 0; hour <= hours; hour += 1) {
    const timeMs = issuedAtMs + hour * MS_PER_HOUR
    if (clock.localDay(timeMs) === clock.localDay(timeMs - MS_PER_HOUR)) continue
    if (from !== undefined) days.push({ from, to: hour })
    from = hour
  }
  return days
}

/** The day's quantiles from those of its hours, over the hours that `counts` lets through. */
const totalOf = (
  quantiles: Float64Array,
  { from, to }: { from: number; to: number },
  stretch: number,
  counts: (hour: number) => boolean,
): number[] => {
  const hours = Array.from({ length: to - from }, (_, i) => from + i).filter(counts)
  const at = (hour: number, level: number): number => quantiles[hour * LEVELS + level]!
  const middle = hours.reduce((sum, hour) => sum + at(hour, MIDDLE), 0)
  return QUANTILES.map((_, level) => {
    let variance = 0
    // Sum over all pairs of hours of width x width x correlation, by one pass each way.
    let carried = 0
    for (const hour of hours) {
      const width = Math.abs(at(hour, level) - at(hour, MIDDLE))
      variance += width * width + 2 * width * carried * HOURLY_CORRELATION
      carried = carried * HOURLY_CORRELATION + width
    }
    const width = stretch * Math.sqrt(variance)
    return Math.max(0, level < MIDDLE ? middle - width : middle + width)
  })
}

export const dayTotals = (
  issuedAtMs: number,
  quantiles: Float64Array,
  clock: LocalClock,
  stretch: number,
): DayTotal[] =>
  wholeDays(issuedAtMs, quantiles.length / LEVELS, clock).map((day) => ({
    startMs: issuedAtMs + day.from * MS_PER_HOUR,
    endMs: issuedAtMs + day.to * MS_PER_HOUR,
    quantiles: totalOf(quantiles, day, stretch, () => true),
  }))

/** Stands for what is not known yet of a series: distances in half-widths of an 80 % interval that is right. */
const EXPECTED = [0.05, 0.15, 0.26, 0.37, 0.48, 0.6, 0.74, 0.9, 1.14, 1.55]
const LEAST_STRETCH = 0.4
const MOST_STRETCH = 4

/**
 * By how much to stretch intervals of days, so that four of five days of these past issues would have fallen inside.
 * Each day counts once, by its newest issue; a day with fewer than 18 measured hours does not count.
 */
export const stretchOf = (
  issues: readonly { issuedAtMs: number; quantiles: Float64Array; truths: Float64Array }[],
  clock: LocalClock,
): number => {
  const distances = new Map<number, number>()
  for (const { issuedAtMs, quantiles, truths } of issues) {
    const day = wholeDays(issuedAtMs, truths.length, clock)[0]
    if (day === undefined) continue
    const measured = (hour: number): boolean => !Number.isNaN(truths[hour]!)
    let total = 0
    let hours = 0
    for (let hour = day.from; hour < day.to; hour += 1) {
      if (!measured(hour)) continue
      total += truths[hour]!
      hours += 1
    }
    if (hours < LEAST_MEASURED_HOURS) continue
    const [low = 0, , , , middle = 0, , , , high = 0] = totalOf(quantiles, day, 1, measured)
    const width = total < middle ? middle - low : high - middle
    if (width > 0) distances.set(issuedAtMs + day.from * MS_PER_HOUR, Math.abs(total - middle) / width)
  }
  const sorted = Float64Array.from([...distances.values(), ...EXPECTED]).sort()
  const stretch = sorted[Math.ceil(0.8 * sorted.length) - 1]!
  return Math.min(MOST_STRETCH, Math.max(LEAST_STRETCH, stretch))
}
