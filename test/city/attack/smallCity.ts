import fc from 'fast-check'
import { bucketEdgesMs } from '../../../city/bucketEdges.ts'
import { finishBuckets } from '../../../city/bucketRows.ts'
import { parseBucket, type BucketRow } from '../../../city/buckets.ts'
import { cutsAt, sumUp } from '../../../city/partials.ts'

/**
 * One building whose people are counted: readings of its zones every ten minutes, and sensors of floors and of the whole
 * building that count the same people. Zones 0 and 1 are one floor, the others another.
 */
export const STEP_MS = 600_000
const FROM_MS = Date.UTC(2026, 10, 24, 0)

/** People by zone and time. */
export type SmallCity = readonly (readonly number[])[]

/** Hours with so many zones: few people at most times, as in the evening of a small office. */
export const smallCity = (zones: number, readings: number): fc.Arbitrary<SmallCity> => {
  const few = fc.integer({ min: 0, max: 9 })
  const some = fc.integer({ min: 0, max: 25 })
  const count = fc.oneof(few, few, some)
  const times = fc.array(count, { minLength: readings, maxLength: readings })
  return fc.array(times, { minLength: zones, maxLength: zones })
}

/** A sensor and the zones whose people it counts. */
export interface Sensor {
  thing: string
  zones: readonly number[]
}

export const sensorsOf = (city: SmallCity): Sensor[] => {
  const zones = city.map((_, zone) => zone)
  return [
    { thing: 'office', zones },
    { thing: 'office/floor-1', zones: zones.slice(0, 2) },
    { thing: 'office/floor-2', zones: zones.slice(2) },
    ...zones.map((zone) => ({ thing: `office/floor-${zone < 2 ? 1 : 2}/zone-${zone}`, zones: [zone] })),
  ].filter((sensor) => sensor.zones.length > 0)
}

/** What a sensor counts at each time. */
export const countsOf = (city: SmallCity, { zones }: Sensor): number[] =>
  (city[0] ?? []).map((_, time) => zones.reduce((sum, zone) => sum + (city[zone]?.[time] ?? 0), 0))

/** Every window that somebody may ask for: buckets of several widths, and ranges that begin at any reading. */
const windowsOf = (readings: number): readonly (readonly number[])[] => {
  const toMs = FROM_MS + readings * STEP_MS
  const aligned = ['20m', '30m', '1h', '2h', '1d'].map((text) =>
    bucketEdgesMs(FROM_MS, toMs, parseBucket(text), 'Asia/Makassar'),
  )
  const sliding = Array.from({ length: readings - 1 }, (_, start) =>
    Array.from({ length: Math.min(12, readings - start - 1) }, (__, more) => [
      FROM_MS + start * STEP_MS,
      FROM_MS + (start + more + 2) * STEP_MS,
    ]),
  )
  return [...aligned, ...sliding.flat()]
}

const known = new Map<number, readonly (readonly number[])[]>()

/** Buckets of these counts with the readings that each holds, first and end. */
export const windowRows = (counts: readonly number[]): { row: BucketRow; first: number; end: number }[] => {
  const windows = known.get(counts.length) ?? windowsOf(counts.length)
  known.set(counts.length, windows)
  return windows.flatMap((edges) => {
    const index = (timeMs: number): number => Math.ceil((timeMs - FROM_MS) / STEP_MS)
    const samples = counts
      .map((value, time) => ({ timeMs: FROM_MS + time * STEP_MS, value }))
      .slice(index(edges[0] ?? 0), index(edges.at(-1) ?? 0))
    const rows = finishBuckets(edges, sumUp(samples, cutsAt(edges)), { kind: 'instant', stepMs: STEP_MS })
    return rows.map((row) => ({ row, first: index(row.startMs), end: index(row.endMs) }))
  })
}
