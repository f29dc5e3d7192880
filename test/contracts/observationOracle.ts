import { bucketEdgesMs } from '../../city/bucketEdges.ts'
import { bucketsOfSamples, finishBuckets, MEASURED_STEPS } from '../../city/bucketRows.ts'
import type { BucketRow } from '../../city/buckets.ts'
import type { Point, Sample } from '../../city/observation.ts'
import { cutsAt, HOUR_MS, hourOf, nextHourMs, sumUp } from '../../city/partials.ts'
import type { Partial } from '../../city/partials.ts'
import { typicalStepMs } from '../../city/typicalStep.ts'
import type { BucketQuery, RangeOfDatastream, RawQuery } from '../../store/observations.ts'

/** The store as it should be, in a few lines of memory: what every implementation is compared with. */
export const createOracle = () => {
  const streams = new Map<number, Map<number, number>>()
  const all = (id: number): Sample[] =>
    Array.from(streams.get(id) ?? [], ([timeMs, value]) => ({ timeMs, value })).sort(
      (a, b) => a.timeMs - b.timeMs,
    )
  /** Hours of which the samples were dropped, by their beginning. */
  const frozen = new Map<number, Map<number, Partial>>()
  let horizonMs = 0
  const frozenOf = (id: number): [number, Partial][] => [...(frozen.get(id) ?? [])].sort(([a], [b]) => a - b)
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
          const hour = frozenOf(id).at(-1)?.[1]
          const sample = all(id).at(-1) ?? (hour && { timeMs: hour.lastMs, value: hour.lastValue })
          return sample ? [[id, sample] as const] : []
        }),
      )
    },
    raw: (query: RawQuery): Sample[] => inRange(query).slice(0, query.limit),
    buckets(query: BucketQuery): BucketRow[] {
      const { fromMs, toMs, kind } = query
      const samples = all(query.datastreamId)
      const before = samples.findLast(({ timeMs }) => timeMs < fromMs)
      const after = samples.find(({ timeMs }) => timeMs >= toMs)
      if (fromMs >= horizonMs && before) return bucketsOfSamples(query, inRange(query), before, after)
      const hours = frozenOf(query.datastreamId)
      const lastOf = (hour: [number, Partial] | undefined): Sample | undefined =>
        hour && { timeMs: hour[1].lastMs, value: hour[1].lastValue }
      if (fromMs >= horizonMs) {
        return bucketsOfSamples(query, inRange(query), lastOf(hours.at(-1)), after)
      }
      const edgesMs = bucketEdgesMs(fromMs, toMs, query.bucket, query.timeZone)
      const isNarrow = query.bucket.unit === 'm'
      if (isNarrow && toMs <= horizonMs) return finishBuckets(edgesMs, [], { kind, stepMs: undefined })
      const ends = ([hourMs]: [number, Partial]): number => hourMs + HOUR_MS
      const inside = isNarrow ? [] : hours.filter((it) => it[0] >= fromMs && ends(it) <= toMs)
      const earlier = isNarrow ? hours : hours.filter(([hourMs]) => hourMs < fromMs)
      const later = isNarrow ? [] : hours.filter((it) => it[0] >= fromMs && ends(it) > toMs)
      const [next] = later
      const context = {
        before: lastOf(earlier.at(-1)),
        after: next ? { timeMs: next[1].firstMs, value: next[1].firstValue } : after,
      }
      const sums = inside.map(([, partial]) => partial)
      const stepMs =
        query.stepMs ??
        typicalStepMs([...sums, ...sumUp(inRange(query), nextHourMs)], context.before, context.after)
      const maxGapMs = kind === 'counter' ? MEASURED_STEPS * (stepMs ?? 0) : Infinity
      const partials = [...sums, ...sumUp(inRange(query), cutsAt(edgesMs), maxGapMs)]
      return finishBuckets(edgesMs, partials, { kind, ...context, stepMs })
    },
    deleteRange(range: RangeOfDatastream): number {
      const found = inRange(range)
      for (const { timeMs } of found) streams.get(range.datastreamId)?.delete(timeMs)
      let dropped = 0
      for (const [hourMs, { count }] of frozenOf(range.datastreamId)) {
        if (hourMs < range.fromMs || hourMs + HOUR_MS > range.toMs) continue
        frozen.get(range.datastreamId)?.delete(hourMs)
        dropped += count
      }
      return found.length + dropped
    },
    /** Sums up what is older than so many days before now, in whole days, and forgets the samples. */
    drop(nowMs: number, rawDays: number): void {
      const newestMs = Math.max(...[...streams.values()].flatMap((stream) => [...stream.keys()]), -Infinity)
      if (newestMs === -Infinity) return
      const day = Math.floor(Math.min(nowMs, newestMs) / DAY) - rawDays
      horizonMs = Math.max(horizonMs, day * DAY)
      for (const [id, stream] of streams) {
        const hours = frozen.get(id) ?? new Map<number, Partial>()
        frozen.set(id, hours)
        const old = all(id).filter(({ timeMs }) => timeMs < horizonMs)
        for (const partial of sumUp(old, nextHourMs)) hours.set(hourOf(partial.firstMs), partial)
        for (const { timeMs } of old) stream.delete(timeMs)
      }
    },
    horizonMs: () => horizonMs,
  }
}

const DAY = 24 * HOUR_MS
