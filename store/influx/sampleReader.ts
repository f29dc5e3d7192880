import type { Sample } from '../../city/observation.ts'
import { HOUR_MS, hourOf, nextHourMs, sumUp, type Partial } from '../../city/partials.ts'
import type { RangeOfDatastream } from '../observations.ts'
import { MAX_TIME_MS } from '../pointCheck.ts'
import type { TimeRange } from '../rolledBuckets.ts'
import { samplesOf, type InfluxQueries, type Series } from './connection.ts'
import type { Hour } from './hourStates.ts'
import { OBSERVATIONS, whereAny, whereTimes, whole } from './schema.ts'

/** Samples of one page of a long read, so that neither side holds a year of JSON at once. */
const PAGE_SAMPLES = 50_000
/** Statements of one request. */
const STATEMENTS_AT_ONCE = 50
/** Datastreams asked for their newest sample in one query. */
const LATEST_AT_ONCE = 1000

/** Reads samples, ascending by time. A read of several pages or ranges is no snapshot. */
export interface SampleReader {
  range(range: RangeOfDatastream, limit: number): Promise<Sample[]>
  /** All samples of ranges that ascend and do not overlap. */
  ranges(datastreamId: number, ranges: readonly TimeRange[]): Promise<Sample[]>
  latest(datastreamIds: readonly number[]): Promise<Map<number, Sample>>
  neighbours(
    datastreamId: number,
    range: TimeRange,
  ): Promise<{ before: Sample | undefined; after: Sample | undefined }>
  /** Samples of whole hours from `fromMs` on, up to `toMs` (hours, both) or to the last hour of about a page. */
  finishedHours(
    datastreamId: number,
    fromMs: number,
    toMs: number,
  ): Promise<{ samples: Sample[]; toMs: number }>
  /** What each of these hours adds up to; an hour without samples is missing. */
  hours(hours: readonly Hour[]): Promise<Map<number, Map<number, Partial>>>
}

interface Page {
  samples: Sample[]
  /** Whether the range surely ends with it. */
  isLast: boolean
}

const asPage = (series: readonly Series[], limit: number): Page => {
  const [samples = []] = samplesOf(series).values()
  return { samples, isLast: samples.length < limit && !series.some(({ partial }) => partial) }
}

export const createSampleReader = (queries: InfluxQueries): SampleReader => {
  const select = ({ datastreamId, fromMs, toMs }: RangeOfDatastream, rest: string): string =>
    `select value from ${OBSERVATIONS} where ${whereTimes(datastreamId, fromMs, toMs)} group by ds ${rest}`

  const range = async (
    { datastreamId, fromMs, toMs }: RangeOfDatastream,
    limit: number,
  ): Promise<Sample[]> => {
    const samples: Sample[] = []
    let nextMs = fromMs
    while (samples.length < limit && nextMs < toMs) {
      const pageLimit = Math.min(PAGE_SAMPLES, limit - samples.length)
      const page = await pageOf({ datastreamId, fromMs: nextMs, toMs }, pageLimit)
      for (const sample of page.samples) samples.push(sample)
      if (page.isLast) break
      nextMs = (page.samples.at(-1)?.timeMs ?? toMs) + 1
    }
    return samples
  }

  const pageOf = async (of: RangeOfDatastream, limit: number): Promise<Page> => {
    const [series = []] = await queries.ask([select(of, `limit ${whole(limit)}`)])
    return asPage(series, limit)
  }

  /** The samples of each range, many ranges in one request. */
  const each = async (wanted: readonly RangeOfDatastream[]): Promise<Sample[][]> => {
    const found: Sample[][] = []
    for (let at = 0; at < wanted.length; at += STATEMENTS_AT_ONCE) {
      const some = wanted.slice(at, at + STATEMENTS_AT_ONCE)
      const answers = await queries.ask(some.map((one) => select(one, `limit ${PAGE_SAMPLES}`)))
      for (const [i, one] of some.entries()) {
        const page = asPage(answers[i] ?? [], PAGE_SAMPLES)
        const last = page.samples.at(-1)
        const more = page.isLast || !last ? [] : await range({ ...one, fromMs: last.timeMs + 1 }, Infinity)
        found.push(more.length > 0 ? [...page.samples, ...more] : page.samples)
      }
    }
    return found
  }

  return {
    range,
    async ranges(datastreamId, ranges) {
      return (await each(ranges.map((one) => ({ datastreamId, ...one })))).flat()
    },
    async latest(datastreamIds) {
      const found = new Map<number, Sample>()
      for (let at = 0; at < datastreamIds.length; at += LATEST_AT_ONCE) {
        const where = whereAny(datastreamIds.slice(at, at + LATEST_AT_ONCE))
        const [series = []] = await queries.ask([
          `select last(value) as value from ${OBSERVATIONS} where ${where} group by ds`,
        ])
        for (const [id, [sample]] of samplesOf(series)) if (sample) found.set(id, sample)
      }
      return found
    },
    async neighbours(datastreamId, { fromMs, toMs }) {
      const [before = [], after = []] = await queries.ask([
        select({ datastreamId, fromMs: 0, toMs: fromMs }, 'order by time desc limit 1'),
        select({ datastreamId, fromMs: toMs, toMs: MAX_TIME_MS }, 'order by time asc limit 1'),
      ])
      return {
        before: samplesOf(before).get(datastreamId)?.[0],
        after: samplesOf(after).get(datastreamId)?.[0],
      }
    },
    async finishedHours(datastreamId, fromMs, toMs) {
      if (fromMs >= toMs) return { samples: [], toMs: fromMs }
      const { samples, isLast } = await pageOf({ datastreamId, fromMs, toMs }, PAGE_SAMPLES)
      const last = samples.at(-1)
      if (isLast || !last) return { samples, toMs }
      // The hour that the page cuts is read to its end.
      const endMs = Math.min(hourOf(last.timeMs) + HOUR_MS, toMs)
      const rest = await range({ datastreamId, fromMs: last.timeMs + 1, toMs: endMs }, Infinity)
      return { samples: [...samples, ...rest], toMs: endMs }
    },
    async hours(hours) {
      const found = await each(
        hours.map(({ datastreamId, hourMs }) => ({ datastreamId, fromMs: hourMs, toMs: hourMs + HOUR_MS })),
      )
      const sums = new Map<number, Map<number, Partial>>()
      for (const [i, { datastreamId, hourMs }] of hours.entries()) {
        const [partial] = sumUp(found[i] ?? [], nextHourMs)
        if (!partial) continue
        let ofSeries = sums.get(datastreamId)
        if (!ofSeries) sums.set(datastreamId, (ofSeries = new Map()))
        ofSeries.set(hourMs, partial)
      }
      return sums
    },
  }
}
