import { NadiError } from '../city/errors.ts'
import type { Point } from '../city/observation.ts'

/** The last millisecond that both stores can keep (InfluxDB counts nanoseconds in 64 bits: year 2262). */
export const MAX_TIME_MS = 9_223_372_036_854

/**
 * Refuses points that no store can keep, with `invalid-input`: the doors check readings before, so this is a mistake
 * of the caller.
 */
export const checkPoints = (points: readonly Point[]): void => {
  for (const { datastreamId, timeMs, value } of points) {
    if (
      !Number.isInteger(timeMs) ||
      timeMs < 0 ||
      timeMs >= MAX_TIME_MS ||
      !Number.isFinite(value) ||
      !Number.isInteger(datastreamId) ||
      datastreamId < 0 ||
      datastreamId > 2 ** 31 - 1
    ) {
      throw new NadiError(
        'invalid-input',
        `Cannot store the value ${value} at ${timeMs} ms of Datastream ${datastreamId}: give a finite value and whole milliseconds from 1970 to 2262.`,
      )
    }
  }
}

/** Limits of a range as whole milliseconds that a store can compare with: every stored time compares the same. */
export const wholeRange = (fromMs: number, toMs: number): { fromMs: number; toMs: number } => {
  if (Number.isNaN(fromMs) || Number.isNaN(toMs)) {
    throw new NadiError('invalid-input', 'A range needs a beginning and an end in epoch milliseconds.')
  }
  const clamp = (timeMs: number): number => Math.min(Math.max(Math.ceil(timeMs), 0), MAX_TIME_MS)
  return { fromMs: clamp(fromMs), toMs: clamp(toMs) }
}
