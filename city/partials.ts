import type { Sample } from './observation.ts'

/** An hour; of UTC also the grain of what stores keep summed up, and of the estimate of a Datastream's step. */
export const HOUR_MS = 3_600_000

/** The full UTC hour that a time lies in. */
export const hourOf = (timeMs: number): number => Math.floor(timeMs / HOUR_MS) * HOUR_MS

/**
 * What a stretch of consecutive samples of one Datastream adds up to. Partials of neighbouring stretches follow one
 * another in time, and `bucketRows.ts` joins them, so a store may keep them instead of the samples.
 */
export interface Partial {
  firstMs: number
  firstValue: number
  lastMs: number
  lastValue: number
  count: number
  sum: number
  min: number
  max: number
  /** For a counter: what was consumed between the first and the last reading, resets included. */
  consumption: number
  /** Longest time between two neighbours inside; 0 for one sample. */
  maxGapMs: number
}

/**
 * What a counter consumed between two readings. A register that fell was set back: it has counted its new value since
 * (nothing, when that is negative).
 */
export const consumptionBetween = (before: number, after: number): number =>
  registerFell(before, after) ? Math.max(after, 0) : after - before

/** True when a register shows less than before: it was set back, or has passed its end. Said by `city/quality`, too. */
export const registerFell = (before: number, after: number): boolean => after < before

/**
 * Sums up samples (ascending by time) into partials that never cross a cut: `nextCutMs` gives the first cut after a
 * time. A gap longer than `maxGapMs` begins a new partial too.
 */
export const sumUp = (
  samples: Iterable<Sample>,
  nextCutMs: (timeMs: number) => number,
  maxGapMs = Infinity,
): Partial[] => {
  const partials: Partial[] = []
  let current: Partial | undefined
  let cutMs = -Infinity
  for (const { timeMs, value } of samples) {
    const gapMs = current ? timeMs - current.lastMs : 0
    if (!current || timeMs >= cutMs || gapMs > maxGapMs) {
      if (timeMs >= cutMs) cutMs = nextCutMs(timeMs)
      current = {
        firstMs: timeMs,
        firstValue: value,
        lastMs: timeMs,
        lastValue: value,
        count: 1,
        sum: value,
        min: value,
        max: value,
        consumption: 0,
        maxGapMs: 0,
      }
      partials.push(current)
      continue
    }
    current.count += 1
    current.sum += value
    if (value < current.min) current.min = value
    if (value > current.max) current.max = value
    current.consumption += consumptionBetween(current.lastValue, value)
    if (gapMs > current.maxGapMs) current.maxGapMs = gapMs
    current.lastMs = timeMs
    current.lastValue = value
  }
  return partials
}

/** Partials (ascending, each inside one UTC hour) joined to one an hour. */
export const joinHours = (partials: readonly Partial[]): Partial[] => {
  const hours: Partial[] = []
  for (const next of partials) {
    const hour = hours.at(-1)
    if (!hour || hourOf(hour.firstMs) !== hourOf(next.firstMs)) {
      hours.push({ ...next })
      continue
    }
    hour.count += next.count
    hour.sum += next.sum
    hour.min = Math.min(hour.min, next.min)
    hour.max = Math.max(hour.max, next.max)
    hour.consumption += consumptionBetween(hour.lastValue, next.firstValue) + next.consumption
    hour.maxGapMs = Math.max(hour.maxGapMs, next.firstMs - hour.lastMs, next.maxGapMs)
    hour.lastMs = next.lastMs
    hour.lastValue = next.lastValue
  }
  return hours
}

/** Cuts for `sumUp` at full UTC hours. */
export const nextHourMs = (timeMs: number): number => hourOf(timeMs) + HOUR_MS

/** Cuts for `sumUp` at ascending edges; times must be asked for in ascending order. */
export const cutsAt = (edgesMs: readonly number[]): ((timeMs: number) => number) => {
  let index = 0
  return (timeMs) => {
    while (index < edgesMs.length && (edgesMs[index] ?? Infinity) <= timeMs) index += 1
    return edgesMs[index] ?? Infinity
  }
}
