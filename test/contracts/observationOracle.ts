import { bucketsOfSamples } from '../../city/bucketRows.ts'
import type { BucketRow } from '../../city/buckets.ts'
import type { Point, Sample } from '../../city/observation.ts'
import type { BucketQuery, RangeOfDatastream, RawQuery } from '../../store/observations.ts'

/** The store as it should be, in a few lines of memory: what every implementation is compared with. */
export const createOracle = () => {
  const streams = new Map<number, Map<number, number>>()
  const all = (id: number): Sample[] =>
    Array.from(streams.get(id) ?? [], ([timeMs, value]) => ({ timeMs, value })).sort(
      (a, b) => a.timeMs - b.timeMs,
    )
  const inRange = ({ datastreamId, fromMs, toMs }: RangeOfDatastream): Sample[] =>
    all(datastreamId).filter(({ timeMs }) => timeMs >= fromMs && timeMs < toMs)

  return {
    append(points: readonly Point[]): void {
      for (const { datastreamId, timeMs, value } of points) {
        const stream = streams.get(datastreamId) ?? new Map<number, number>()
        streams.set(datastreamId, stream.set(timeMs, value + 0))
      }
    },
    latest(ids: readonly number[]): Map<number, Sample> {
      return new Map(
        ids.flatMap((id) => {
          const sample = all(id).at(-1)
          return sample ? [[id, sample] as const] : []
        }),
      )
    },
    raw: (query: RawQuery): Sample[] => inRange(query).slice(0, query.limit),
    buckets(query: BucketQuery): BucketRow[] {
      const samples = all(query.datastreamId)
      return bucketsOfSamples(
        query,
        inRange(query),
        samples.findLast(({ timeMs }) => timeMs < query.fromMs),
        samples.find(({ timeMs }) => timeMs >= query.toMs),
      )
    },
    deleteRange(range: RangeOfDatastream): number {
      const found = inRange(range)
      for (const { timeMs } of found) streams.get(range.datastreamId)?.delete(timeMs)
      return found.length
    },
  }
}
