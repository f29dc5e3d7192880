import fc from 'fast-check'
import type { Kind, Point } from '../../city/observation.ts'
import type { BucketQuery, RangeOfDatastream } from '../../store/observations.ts'

/** Random sequences of operations on an observation store, made to collide: few streams, few days, many repeats. */
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
/** The Saturday before European clocks go forward. */
export const START = Date.parse('2026-03-28T00:00:00Z')
export const IDS = [1, 2, 7] as const
const ZONES = ['Asia/Makassar', 'Europe/Warsaw', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'UTC']
const BUCKETS: BucketQuery['bucket'][] = [
  { unit: 'm', count: 5 },
  { unit: 'm', count: 15 },
  { unit: 'h', count: 1 },
  { unit: 'h', count: 6 },
  { unit: 'd', count: 1 },
  { unit: 'd', count: 7 },
]

const id = fc.constantFrom(...IDS)
const timeMs = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.integer({ min: 0, max: 3 * 24 * 4 }).map((quarter) => START + quarter * 15 * MINUTE),
  },
  { weight: 2, arbitrary: fc.integer({ min: START, max: START + 3 * DAY }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, START - 40 * DAY) },
)
const value = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 1000 }) },
  { weight: 1, arbitrary: fc.double({ min: -1e4, max: 1e4, noNaN: true }) },
)
const point: fc.Arbitrary<Point> = fc.record({ datastreamId: id, timeMs, value })
const range: fc.Arbitrary<RangeOfDatastream> = fc
  .tuple(id, fc.oneof(timeMs, fc.constant(START)), fc.integer({ min: 0, max: 3 * DAY }), fc.boolean())
  .map(([datastreamId, fromMs, lengthMs, whole]) => ({
    datastreamId,
    fromMs,
    toMs: fromMs + (whole ? Math.ceil(lengthMs / DAY) * DAY : lengthMs),
  }))
const buckets: fc.Arbitrary<BucketQuery> = fc
  .record({
    range,
    kind: fc.constantFrom<Kind>('instant', 'interval', 'counter'),
    bucket: fc.constantFrom(...BUCKETS),
    timeZone: fc.constantFrom(...ZONES),
    stepMs: fc.constantFrom(undefined, 15 * MINUTE, HOUR),
  })
  .map(({ range, stepMs, ...rest }) => ({ ...range, ...rest, ...(stepMs === undefined ? {} : { stepMs }) }))

/** One step of a random sequence without retention, and what `retainingSteps` has besides. */
const steps = [
  {
    weight: 5,
    arbitrary: fc
      .array(fc.array(point, { maxLength: 30 }), { minLength: 1, maxLength: 4 })
      .map((batches) => ({ do: 'append', batches }) as const),
  },
  { weight: 1, arbitrary: range.map((range) => ({ do: 'deleteRange', range }) as const) },
  { weight: 2, arbitrary: fc.constant({ do: 'compact' } as const) },
  { weight: 1, arbitrary: fc.constant({ do: 'reopen' } as const) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(range, fc.integer({ min: 0, max: 100 }))
      .map(([range, limit]) => ({ do: 'raw', query: { ...range, limit } }) as const),
  },
  {
    weight: 4,
    arbitrary: fc
      .array(buckets, { minLength: 1, maxLength: 3 })
      .map((queries) => ({ do: 'buckets', queries }) as const),
  },
] as const
export const step = fc.oneof(...steps)

/** A day comes on which samples older than 31 days are dropped; `now` is a reading of then. */
const drop = fc
  .record({ days: fc.integer({ min: 0, max: 4 }), value })
  .map(({ days, value }) => ({ do: 'drop', nowMs: START + (31 + days) * DAY + 10 * HOUR, value }) as const)
export const retainingStep = fc.oneof(...steps, { weight: 3, arbitrary: drop })

export type Step = typeof retainingStep extends fc.Arbitrary<infer T> ? T : never
