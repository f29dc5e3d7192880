import type { Sample } from '../../city/observation.ts'
import { HOUR_MS, type Partial } from '../../city/partials.ts'
import { MAX_TIME_MS } from '../pointCheck.ts'
import type { TimeRange } from '../rolledBuckets.ts'
import type { InfluxQueries } from './connection.ts'
import { partialsOf, selectHours } from './hourRows.ts'
import type { SampleReader } from './sampleReader.ts'
import { HORIZON, HOURS, OBSERVATIONS, ROLLUP_POLICY, whereAny, whole } from './schema.ts'

/** Width of the stretches that samples are deleted in, so that no statement takes long. */
const STRETCH_MS = 24 * HOUR_MS
/** Datastreams asked for at once. */
const SERIES_AT_ONCE = 1000

/** What is asked of the time before the horizon (`../retention.ts`), and of what is older. */
export interface HorizonReader {
  /** 0 when samples were never dropped. */
  stored(): Promise<number>
  /** The newest sample's time; undefined without any. */
  newestMs(): Promise<number | undefined>
  /** Datastreams that have samples before a time. */
  seriesBefore(timeMs: number): Promise<number[]>
  /** Sums of whole hours, ascending. */
  hours(datastreamId: number, range: TimeRange): Promise<Partial[]>
  /** As `RolledSource` asks for neighbours. */
  neighbours(
    datastreamId: number,
    range: TimeRange,
    horizonMs: number,
  ): Promise<{ before: Sample | undefined; after: Sample | undefined }>
  /** The last readings before the horizon. */
  latest(datastreamIds: readonly number[], horizonMs: number): Promise<Map<number, Sample>>
  /** Deletes the oldest stretch of samples before the horizon; false when there were none. */
  dropStretch(horizonMs: number): Promise<boolean>
}

export const createHorizonReader = (queries: InfluxQueries, samples: SampleReader): HorizonReader => {
  const hours = async (datastreamId: number, range: TimeRange): Promise<Partial[]> => {
    const [series = []] = await queries.ask([selectHours(datastreamId, range)])
    return partialsOf(series)
  }
  /** The first or last hour with data. */
  const endOf = async (
    datastreamId: number,
    range: TimeRange,
    order: 'asc' | 'desc',
  ): Promise<Partial | undefined> => {
    if (range.fromMs >= range.toMs) return undefined
    const [series = []] = await queries.ask([
      `${selectHours(datastreamId, range)} and "count" > 0 order by time ${order} limit 1`,
    ])
    return partialsOf(series)[0]
  }
  const time = async (statement: string): Promise<number | undefined> => {
    const [series = []] = await queries.ask([statement])
    const timeMs = series[0]?.values[0]?.[0]
    return timeMs === undefined || timeMs === null ? undefined : Number(timeMs)
  }

  return {
    hours,
    async stored() {
      const [series = []] = await queries.ask([
        `select last("horizon_ms") from "${ROLLUP_POLICY}"."${HORIZON}"`,
      ])
      return Number(series[0]?.values[0]?.[1] ?? 0)
    },
    newestMs: () => time(`select last(value) from ${OBSERVATIONS}`),
    async seriesBefore(timeMs) {
      const [series = []] = await queries.ask([
        `select last(value) from ${OBSERVATIONS} where time < ${whole(timeMs)}ms group by ds`,
      ])
      return series.map(({ tags }) => Number(tags['ds']))
    },
    async neighbours(datastreamId, { fromMs, toMs }, horizonMs) {
      const near = await samples.neighbours(datastreamId, {
        fromMs: Math.max(fromMs, horizonMs),
        toMs: Math.max(toMs, horizonMs),
      })
      let before = near.before && near.before.timeMs >= horizonMs ? near.before : undefined
      let { after } = near
      if (!before) {
        const last = await endOf(datastreamId, { fromMs: 0, toMs: Math.min(fromMs, horizonMs) }, 'desc')
        if (last) before = { timeMs: last.lastMs, value: last.lastValue }
      }
      const first = await endOf(datastreamId, { fromMs: toMs, toMs: horizonMs }, 'asc')
      if (first) after = { timeMs: first.firstMs, value: first.firstValue }
      return { before, after }
    },
    async latest(datastreamIds, horizonMs) {
      const found = new Map<number, Sample>()
      for (let at = 0; at < datastreamIds.length; at += SERIES_AT_ONCE) {
        const where = `${whereAny(datastreamIds.slice(at, at + SERIES_AT_ONCE))} and time < ${whole(horizonMs)}ms`
        const [series = []] = await queries.ask([
          `select "last_ms", "last" from "${ROLLUP_POLICY}"."${HOURS}" where ${where} and "count" > 0 group by ds order by time desc limit 1`,
        ])
        for (const { tags, values } of series) {
          const [, timeMs, value] = values[0] ?? []
          found.set(Number(tags['ds']), { timeMs: Number(timeMs), value: Number(value) })
        }
      }
      return found
    },
    async dropStretch(horizonMs) {
      const oldestMs = await time(
        `select first(value) from ${OBSERVATIONS} where time < ${whole(horizonMs)}ms`,
      )
      if (oldestMs === undefined) return false
      const endMs = Math.min(oldestMs + STRETCH_MS, horizonMs, MAX_TIME_MS)
      await queries.ask([`delete from ${OBSERVATIONS} where time < ${whole(endMs)}ms`])
      return true
    },
  }
}
