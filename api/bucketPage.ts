import { bucketEdgesMs } from '../city/bucketEdges.ts'
import type { Bucket } from '../city/buckets.ts'
import { HOUR_MS } from '../city/partials.ts'

/** How far one page reaches where its buckets have to be read from the samples themselves. */
const MAX_SAMPLED_MS = 31 * 24 * HOUR_MS

/**
 * Where a page of buckets ends: after `limit` of them at most. The store sums whole hours up beforehand; where an
 * edge cuts an hour (90m, a zone of 5:45 hours) it reads every sample, so such a page also ends after 31 days, with
 * one bucket at least. Otherwise anybody could have a whole Datastream read with one question.
 */
export const bucketPageEndMs = ({
  fromMs,
  toMs,
  limit,
  bucket,
  timeZone,
}: {
  fromMs: number
  toMs: number
  limit: number
  bucket: Bucket
  timeZone: string
}): number => {
  const edges = bucketEdgesMs(fromMs, toMs, bucket, timeZone, limit + 1)
  const endMs = edges[limit] ?? toMs
  const isSampled = edges.slice(1).some((edge) => edge < toMs && edge % HOUR_MS !== 0)
  if (!isSampled || endMs - fromMs <= MAX_SAMPLED_MS) return endMs
  return edges.findLast((edge, i) => i <= 1 || edge <= fromMs + MAX_SAMPLED_MS) ?? endMs
}
