import { bucketEdgesMs } from '../../city/bucketEdges.ts'
import { finishBuckets, MEASURED_STEPS } from '../../city/bucketRows.ts'
import type { BucketRow } from '../../city/buckets.ts'
import type { Sample } from '../../city/observation.ts'
import { cutsAt, HOUR_MS, hourOf, nextHourMs, sumUp } from '../../city/partials.ts'
import type { Partial } from '../../city/partials.ts'
import { typicalStepMs } from '../../city/typicalStep.ts'
import type { BucketQuery } from '../observations.ts'
import { wholeRange } from '../pointCheck.ts'
import { mergeSamples, readCold, readHot, readNeighbours } from './rawRead.ts'
import type { TimeRange } from './rawRead.ts'
import { int } from './session.ts'
import type { Session } from './session.ts'

/** With more separate stretches than this to be read raw, all between them is read raw too. */
const MAX_STRETCHES = 64

/**
 * Rows of buckets: whole UTC hours come from the rollup, all else from the samples: hours that hot rows touch, hours
 * that an end of the range cuts, hours of a counter with a gap that does not count as measured, and everything when
 * the edges are not full UTC hours (narrow buckets, zones like Asia/Kathmandu).
 */
export const readBuckets = async (session: Session, query: BucketQuery): Promise<BucketRow[]> => {
  const { datastreamId: ds, kind } = query
  const range = wholeRange(query.fromMs, query.toMs)
  const edgesMs = bucketEdgesMs(query.fromMs, query.toMs, query.bucket, query.timeZone)
  if (edgesMs.length === 0) return []
  const { before, after } =
    kind === 'counter' || query.stepMs === undefined
      ? await readNeighbours(session, ds, range)
      : { before: undefined, after: undefined }

  const hot = await readHot(session, ds, range)
  const whole = edgesMs.slice(1, -1).every((edge) => edge % HOUR_MS === 0) ? wholeHours(range) : undefined
  const rollup = whole ? await readRollup(session, ds, whole) : []
  const touched = new Set(hot.map(({ timeMs }) => hourOf(timeMs)))

  const collect = async (rawHours: ReadonlySet<number>): Promise<{ kept: Partial[]; samples: Sample[] }> => {
    const stretches = rawStretches(range, whole, rawHours)
    const isRaw = (timeMs: number): boolean =>
      stretches.some(({ fromMs, toMs }) => timeMs >= fromMs && timeMs < toMs)
    return {
      kept: rollup.filter(({ firstMs }) => !isRaw(firstMs)),
      samples: mergeSamples(await readCold(session, ds, stretches), hot),
    }
  }

  let { kept, samples } = await collect(touched)
  const stepMs =
    query.stepMs ?? typicalStepMs(inOrder([...kept, ...sumUp(samples, nextHourMs)]), before, after)
  const maxGapMs = kind === 'counter' ? MEASURED_STEPS * (stepMs ?? 0) : Infinity
  const gappy = kept.filter((partial) => partial.maxGapMs > maxGapMs)
  if (gappy.length > 0) {
    const hours = new Set([...touched, ...gappy.map(({ firstMs }) => hourOf(firstMs))])
    ;({ kept, samples } = await collect(hours))
  }
  // With hours of the rollup in between, a partial of samples must end with its hour.
  const nextEdgeMs = cutsAt(edgesMs)
  const cutMs = whole ? (timeMs: number) => Math.min(nextEdgeMs(timeMs), nextHourMs(timeMs)) : nextEdgeMs
  const partials = inOrder([...kept, ...sumUp(samples, cutMs, maxGapMs)])
  return finishBuckets(edgesMs, partials, { kind, before, after, stepMs })
}

/** The whole UTC hours inside a range, if there are any. */
const wholeHours = ({ fromMs, toMs }: TimeRange): TimeRange | undefined => {
  const whole = { fromMs: hourOf(fromMs + HOUR_MS - 1), toMs: hourOf(toMs) }
  return whole.fromMs < whole.toMs ? whole : undefined
}

/** What of the range is to be read from the samples, ascending, without overlap. */
const rawStretches = (
  range: TimeRange,
  whole: TimeRange | undefined,
  rawHours: ReadonlySet<number>,
): TimeRange[] => {
  if (!whole) return range.fromMs < range.toMs ? [range] : []
  const stretches: TimeRange[] = []
  const add = (fromMs: number, toMs: number): void => {
    const last = stretches.at(-1)
    if (fromMs >= toMs) return
    if (last?.toMs === fromMs) last.toMs = toMs
    else stretches.push({ fromMs, toMs })
  }
  add(range.fromMs, whole.fromMs)
  for (const hour of [...rawHours].sort((a, b) => a - b)) {
    if (hour >= whole.fromMs && hour < whole.toMs) add(hour, hour + HOUR_MS)
  }
  add(whole.toMs, range.toMs)
  const [first] = stretches
  const last = stretches.at(-1)
  return first && last && stretches.length > MAX_STRETCHES
    ? [{ fromMs: first.fromMs, toMs: last.toMs }]
    : stretches
}

const readRollup = async (session: Session, ds: number, { fromMs, toMs }: TimeRange): Promise<Partial[]> => {
  const [firstMs = [], ...columns] = await session.columns(
    `select first_t::double, first_v, last_t::double, last_v, count, sum, min, max, used, gap from rollup
     where ds = ${int(ds)} and first_t >= ${int(fromMs)} and first_t < ${int(toMs)} order by first_t`,
  )
  const [firstValue, lastMs, lastValue, count, sum, min, max, consumption, gap] = columns
  const at = (column: number[] | undefined, row: number): number => column?.[row] ?? NaN
  return firstMs.map((firstMs, row) => ({
    firstMs,
    firstValue: at(firstValue, row),
    lastMs: at(lastMs, row),
    lastValue: at(lastValue, row),
    count: at(count, row),
    sum: at(sum, row),
    min: at(min, row),
    max: at(max, row),
    consumption: at(consumption, row),
    maxGapMs: at(gap, row),
  }))
}

const inOrder = (partials: Partial[]): Partial[] => partials.sort((a, b) => a.firstMs - b.firstMs)
