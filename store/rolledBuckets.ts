import { bucketEdgesMs } from '../city/bucketEdges.ts'
import { finishBuckets, MEASURED_STEPS } from '../city/bucketRows.ts'
import type { BucketRow } from '../city/buckets.ts'
import type { Sample } from '../city/observation.ts'
import { cutsAt, HOUR_MS, hourOf, joinHours, nextHourMs, sumUp } from '../city/partials.ts'
import type { Partial } from '../city/partials.ts'
import { typicalStepMs } from '../city/typicalStep.ts'
import type { BucketQuery } from './observations.ts'
import { wholeRange } from './pointCheck.ts'

export interface TimeRange {
  fromMs: number
  toMs: number
}

/** One Datastream as a store keeps it: samples, and hours summed up. All of it of one state of the store. */
export interface RolledSource {
  /** Before it there are hourly sums alone: a full hour, 0 when all samples are there (`retention.ts`). */
  horizonMs: number
  /** Whole hours before the horizon: their partials, ascending. */
  frozen(range: TimeRange): Promise<readonly Partial[]>
  /**
   * The nearest samples before `fromMs` and at or after `toMs`; before the horizon (where both are full hours) the last
   * and the first one of an hour.
   */
  neighbours(range: TimeRange): Promise<{ before: Sample | undefined; after: Sample | undefined }>
  /** The whole UTC hours inside a range that the rollup answers for: partials, and hours that it does not know. */
  rollup(range: TimeRange): Promise<Rollup>
  /** Samples in ranges that ascend and do not overlap, ascending. */
  samples(ranges: readonly TimeRange[]): Promise<Sample[]>
}

export interface Rollup {
  /** Ascending; times of neighbours do not interleave. */
  partials: readonly Partial[]
  /** Beginnings of hours in which the samples must be read instead. */
  rawHours: readonly number[]
  /** From here on the samples must be read. */
  toMs: number
}

/** With more separate stretches than this to be read raw, all between them is read raw too. */
const MAX_STRETCHES = 64

/**
 * Rows of buckets: whole UTC hours come from the rollup, all else from the samples: hours that the rollup does not
 * know, hours that an end of the range cuts, hours of a counter with a gap that does not count as measured, and
 * everything when the edges are not full UTC hours (narrow buckets, zones like Asia/Kathmandu).
 *
 * Before the horizon each hour is one whole: it counts when the range holds all of it, in the bucket in which it begins.
 * Buckets narrower than an hour hold nothing there.
 */
export const rolledBuckets = async (source: RolledSource, query: BucketQuery): Promise<BucketRow[]> => {
  const { kind } = query
  const { horizonMs } = source
  const asked = wholeRange(query.fromMs, query.toMs)
  const edgesMs = bucketEdgesMs(query.fromMs, query.toMs, query.bucket, query.timeZone)
  if (edgesMs.length === 0) return []
  const isNarrow = query.bucket.unit === 'm' && query.bucket.count < HOUR_MS / 60_000
  const range = { ...asked, fromMs: Math.max(asked.fromMs, horizonMs) }
  if (isNarrow && range.fromMs >= range.toMs && asked.fromMs < horizonMs) {
    return finishBuckets(edgesMs, [], { kind, stepMs: query.stepMs })
  }
  const frozenHours = isNarrow ? undefined : wholeHours({ ...asked, toMs: Math.min(asked.toMs, horizonMs) })
  const frozen = frozenHours ? joinHours(await source.frozen(frozenHours)) : []
  const { before, after } =
    kind === 'counter' || query.stepMs === undefined
      ? await source.neighbours(isNarrow ? range : beside(asked, horizonMs))
      : { before: undefined, after: undefined }

  const hours = edgesMs.slice(1, -1).every((edge) => edge % HOUR_MS === 0) ? wholeHours(range) : undefined
  const rollup = hours && (await source.rollup(hours))
  const whole = hours && rollup && { fromMs: hours.fromMs, toMs: Math.min(hours.toMs, rollup.toMs) }

  const collect = async (rawHours: readonly number[]): Promise<{ kept: Partial[]; samples: Sample[] }> => {
    const stretches = rawStretches(range, whole, rawHours)
    return { kept: outside(rollup?.partials ?? [], stretches), samples: await source.samples(stretches) }
  }

  const touched = rollup?.rawHours ?? []
  let { kept, samples } = await collect(touched)
  const stepMs =
    query.stepMs ?? typicalStepMs(inOrder([...frozen, ...kept, ...sumUp(samples, nextHourMs)]), before, after)
  const maxGapMs = kind === 'counter' ? MEASURED_STEPS * (stepMs ?? 0) : Infinity
  const gappy = kept.filter((partial) => partial.maxGapMs > maxGapMs)
  if (gappy.length > 0) {
    ;({ kept, samples } = await collect([...touched, ...gappy.map(({ firstMs }) => hourOf(firstMs))]))
  }
  // With hours of the rollup in between, a partial of samples must end with its hour.
  const nextEdgeMs = cutsAt(edgesMs)
  const cutMs = whole ? (timeMs: number) => Math.min(nextEdgeMs(timeMs), nextHourMs(timeMs)) : nextEdgeMs
  const partials = inOrder([...frozen, ...kept, ...sumUp(samples, cutMs, maxGapMs)])
  return finishBuckets(edgesMs, partials, { kind, before, after, stepMs })
}

/** The range whose neighbours are those of the answer: an hour before the horizon that an end cuts is outside. */
const beside = ({ fromMs, toMs }: TimeRange, horizonMs: number): TimeRange => {
  const firstHour = nextFullHour(fromMs)
  return {
    fromMs: fromMs < horizonMs ? firstHour : fromMs,
    toMs: toMs < horizonMs ? Math.max(firstHour, hourOf(toMs)) : toMs,
  }
}

/** The time itself when it is a full hour. */
const nextFullHour = (timeMs: number): number => hourOf(timeMs + HOUR_MS - 1)

/** The whole UTC hours inside a range, if there are any. */
const wholeHours = ({ fromMs, toMs }: TimeRange): TimeRange | undefined => {
  const whole = { fromMs: nextFullHour(fromMs), toMs: hourOf(toMs) }
  return whole.fromMs < whole.toMs ? whole : undefined
}

/** What of the range is to be read from the samples, ascending, without overlap. */
const rawStretches = (
  range: TimeRange,
  whole: TimeRange | undefined,
  rawHours: readonly number[],
): TimeRange[] => {
  if (!whole || whole.fromMs >= whole.toMs) return range.fromMs < range.toMs ? [range] : []
  const stretches: TimeRange[] = []
  const add = (fromMs: number, toMs: number): void => {
    const last = stretches.at(-1)
    if (fromMs >= toMs) return
    if (last?.toMs === fromMs) last.toMs = toMs
    else stretches.push({ fromMs, toMs })
  }
  add(range.fromMs, whole.fromMs)
  for (const hour of [...new Set(rawHours)].sort((a, b) => a - b)) {
    if (hour >= whole.fromMs && hour < whole.toMs) add(hour, hour + HOUR_MS)
  }
  add(whole.toMs, range.toMs)
  const [first] = stretches
  const last = stretches.at(-1)
  return first && last && stretches.length > MAX_STRETCHES
    ? [{ fromMs: first.fromMs, toMs: last.toMs }]
    : stretches
}

/** Partials that begin in none of the stretches; both ascend. */
const outside = (partials: readonly Partial[], stretches: readonly TimeRange[]): Partial[] => {
  let at = 0
  return partials.filter(({ firstMs }) => {
    while (firstMs >= (stretches[at]?.toMs ?? Infinity)) at += 1
    return firstMs < (stretches[at]?.fromMs ?? Infinity)
  })
}

const inOrder = (partials: Partial[]): Partial[] => partials.sort((a, b) => a.firstMs - b.firstMs)
