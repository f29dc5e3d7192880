/**
 * Buckets of local time and what is said of each. `fromMs`..`toMs` is cut at local bucket edges by the building's
 * time zone, so a day is 23, 24 or 25 hours long where clocks change.
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
