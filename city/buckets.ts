import { NadiError } from './errors.ts'

/**
 * Buckets of local time and what is said of each. `fromMs`..`toMs` is cut at local bucket edges by the building's
 * time zone, so a day is 23, 24 or 25 hours long where clocks change. `bucketEdges.ts` finds the edges,
 * `partials.ts` sums up samples, `bucketRows.ts` makes the rows.
 */

/** A bucket's width: a count of minutes, hours or days, written `5m`, `1h`, `1d`. */
export interface Bucket {
  unit: 'm' | 'h' | 'd'
  count: number
}

/**
 * One bucket. `sum` is the plain sum for an instant, the amount for an interval and the consumption for a counter
 * (resets add the new register value; a difference that spans an edge is split by time). `measured` is the share of
 * the bucket that data cover, 0 to 1. Without data, `count` is 0 and the statistics are null.
 *
 * A counter's `sum` is known wherever a reading lies on both sides, so a bucket inside a gap has `count` 0, a `sum`
 * and `measured` 0; after the newest reading nothing is known and `sum` is null. A counter's `mean`, `min`, `max`
 * and `last` are those of the register.
 */
export interface BucketRow {
  startMs: number
  endMs: number
  count: number
  mean: number | null
  min: number | null
  max: number | null
  sum: number | null
  last: number | null
  measured: number
}

/** Widest bucket, in days. */
const MAX_DAYS = 366

const UNITS_OF_A_DAY = { m: 1440, h: 24 } as const

/**
 * Reads `5m`, `15m`, `1h`, `6h`, `1d`, `7d` ... Minutes and hours must divide a day, because buckets begin anew at
 * local midnight; days go up to 366. Throws `invalid-input`.
 */
export const parseBucket = (text: string): Bucket => {
  const [, digits, letter] = /^([1-9]\d{0,3})([mhd])$/.exec(text) ?? []
  const unit = letter === 'm' || letter === 'h' || letter === 'd' ? letter : undefined
  if (digits === undefined || unit === undefined) {
    throw wrong(`"${text.slice(0, 20)}" is no bucket: write a number and m, h or d, like 15m, 1h or 1d.`)
  }
  const count = Number(digits)
  if (unit === 'd') {
    if (count > MAX_DAYS) throw wrong(`${text} is too wide: use at most ${MAX_DAYS}d.`)
  } else if (UNITS_OF_A_DAY[unit] % count !== 0) {
    throw wrong(`${text} does not divide a day evenly: use for instance 5m, 15m, 30m, 1h, 6h or 1d.`)
  }
  return { unit, count }
}

const wrong = (detail: string): NadiError =>
  new NadiError('invalid-input', detail, { problems: [{ pointer: '/bucket', detail }] })
