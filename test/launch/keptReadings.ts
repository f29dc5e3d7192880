import type { Reading } from '../../city/observation.ts'

export const START_MS = Date.UTC(2026, 10, 1)

/** Readings of a few Datastreams, each its own value. */
export const readings = (from: number, count: number): Reading[] =>
  Array.from({ length: count }, (_, i) => ({
    datastream: `library/floor-${(from + i) % 7}/temperature`,
    timeMs: START_MS + (from + i) * 60_000,
    value: 20 + (from + i) / 1_000,
  }))

/** Sums may differ in their last digit: they are added in another order. */
export const rounded = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(13)) : value
