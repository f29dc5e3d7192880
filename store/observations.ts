import type { Bucket, BucketRow } from '../city/buckets.ts'
import type { Kind, Point, Sample } from '../city/observation.ts'

/**
 * Where observations are kept. Two implementations, `embedded/` (DuckDB) and `influx/` (InfluxDB 1.x), pass one
 * contract suite (`test/contracts/observationStore.ts`) and answer alike.
 *
 * Where samples are kept for some days only (`retention.ts`), there are hourly sums alone before the horizon: `raw` has
 * nothing there, `buckets` of an hour or more count whole hours, `deleteRange` takes whole hours, `append` refuses.
 *
 * Identity is (datastreamId, timeMs): appending again replaces, so the last value wins and a resend is invisible.
 */
export interface ObservationStore extends AsyncDisposable {
  /**
   * Resolves when every point is durable (survives `kill -9` and power loss). Concurrent calls share a commit.
   * Rejects with `store-unavailable` when the outcome is not known to be durable, and with `points-refused`
   * (`pointsRefused.ts`) when some can never be kept; all others are durable then.
   */
  append(points: readonly Point[]): Promise<void>
  /** The sample with the greatest time of each Datastream that has one. */
  latest(datastreamIds: readonly number[]): Promise<Map<number, Sample>>
  /** Samples with `fromMs <= time < toMs`, ascending by time, at most `limit`. */
  raw(query: RawQuery): Promise<Sample[]>
  /** One row a bucket, dense over the range (a bucket without data has `count` 0), ascending. */
  buckets(query: BucketQuery): Promise<BucketRow[]>
  /** Deletes `fromMs <= time < toMs` of one Datastream; returns how many were there. Durable when resolved. */
  deleteRange(range: RangeOfDatastream): Promise<number>
  close(): Promise<void>
}

export interface RangeOfDatastream {
  datastreamId: number
  fromMs: number
  toMs: number
}

export interface RawQuery extends RangeOfDatastream {
  limit: number
}

export interface BucketQuery extends RangeOfDatastream {
  kind: Kind
  bucket: Bucket
  /** IANA zone that days and hours are local to. */
  timeZone: string
  /** The Datastream's own step in milliseconds when it is known: what `measured` is judged by. */
  stepMs?: number
}
