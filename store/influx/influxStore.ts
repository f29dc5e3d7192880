import type { Logger } from 'pino'
import { bucketsOfSamples } from '../../city/bucketRows.ts'
import { NadiError } from '../../city/errors.ts'
import type { Point, Sample } from '../../city/observation.ts'
import { createGroupCommit } from '../groupCommit.ts'
import type { ObservationStore } from '../observations.ts'
import { checkPoints, MAX_TIME_MS, wholeRange } from '../pointCheck.ts'
import { connectInflux, whereTimes, whole } from './connection.ts'

/** Points of one write: the size that InfluxDB advises. */
const MAX_COMMIT_POINTS = 10_000

/** Samples of one page of a long read, so that neither side holds a year of JSON at once. */
const PAGE_SAMPLES = 50_000

/** Datastreams asked for their newest sample in one query. */
const LATEST_AT_ONCE = 1000

export interface InfluxStoreOptions {
  /** The server and its database in the path, `http://127.0.0.1:8086/nadi` (`nadi` when there is none). */
  url: string
  log: Logger
}

/**
 * The store in an InfluxDB 1.x server, whose own identity of a point is the same (series and time, last value wins).
 * A write counts as durable when the server confirms it, which it does after its write-ahead log is on disk
 * (`wal-fsync-delay = "0s"`, the default). Nothing is buffered or retried here.
 *
 * Buckets are computed from the samples by the same functions as everywhere (`city/bucketRows.ts`): InfluxQL's own
 * windows know neither local days nor split differences. Such a read is several queries and no snapshot.
 *
 * Creates the database. Throws `store-unavailable` when the server does not answer.
 */
export const createInfluxStore = async ({ url, log }: InfluxStoreOptions): Promise<ObservationStore> => {
  const influx = connectInflux(url)
  await influx.createDatabase()
  log.debug({ host: new URL(url).host }, 'connected to InfluxDB')
  let closing: Promise<void> | undefined

  const commits = createGroupCommit<Point>({
    maxItems: MAX_COMMIT_POINTS,
    commit: (points) => influx.write(lastOfEach(points)),
  })

  const readRange = async (ds: number, fromMs: number, toMs: number, limit: number): Promise<Sample[]> => {
    const samples: Sample[] = []
    let nextMs = fromMs
    while (samples.length < limit && nextMs < toMs) {
      const pageLimit = Math.min(PAGE_SAMPLES, limit - samples.length)
      const where = whereTimes(ds, nextMs, toMs)
      const page = (await influx.select({ what: 'value', where, rest: `limit ${whole(pageLimit)}` })).get(ds)
      for (const sample of page ?? []) samples.push(sample)
      if (!page || page.length < pageLimit) break
      nextMs = (page.at(-1)?.timeMs ?? toMs) + 1
    }
    return samples
  }

  const nearest = async (ds: number, fromMs: number, toMs: number, order: 'asc' | 'desc') => {
    const where = whereTimes(ds, fromMs, toMs)
    const rows = await influx.select({ what: 'value', where, rest: `order by time ${order} limit 1` })
    return rows.get(ds)?.[0]
  }

  const refuseWhenClosed = (): void => {
    if (closing) {
      throw new NadiError('store-unavailable', 'The store is closed: start Nadi and send again.')
    }
  }

  return {
    async append(points) {
      refuseWhenClosed()
      checkPoints(points)
      await commits.append(points)
    },
    async latest(datastreamIds) {
      refuseWhenClosed()
      const found = new Map<number, Sample>()
      for (let at = 0; at < datastreamIds.length; at += LATEST_AT_ONCE) {
        const ids = datastreamIds.slice(at, at + LATEST_AT_ONCE).map(whole)
        const rows = await influx.select({
          what: 'last(value) as value',
          where: `ds =~ /^(${ids.join('|')})$/`,
        })
        for (const [id, [sample]] of rows) if (sample) found.set(id, sample)
      }
      return found
    },
    async raw({ datastreamId, fromMs, toMs, limit }) {
      refuseWhenClosed()
      const range = wholeRange(fromMs, toMs)
      return limit > 0 ? readRange(datastreamId, range.fromMs, range.toMs, limit) : []
    },
    async buckets(query) {
      refuseWhenClosed()
      const { datastreamId: ds, kind, stepMs } = query
      const { fromMs, toMs } = wholeRange(query.fromMs, query.toMs)
      const samples = await readRange(ds, fromMs, toMs, Infinity)
      const outside = kind === 'counter' || stepMs === undefined
      const before = outside ? await nearest(ds, 0, fromMs, 'desc') : undefined
      const after = outside ? await nearest(ds, toMs, MAX_TIME_MS, 'asc') : undefined
      return bucketsOfSamples(query, samples, before, after)
    },
    async deleteRange({ datastreamId, fromMs, toMs }) {
      refuseWhenClosed()
      const range = wholeRange(fromMs, toMs)
      const where = whereTimes(datastreamId, range.fromMs, range.toMs)
      return commits.exclusively(async () => {
        const found = await influx.count(where)
        if (found > 0) await influx.remove(where)
        return found
      })
    },
    close: () => (closing ??= commits.settled()),
    [Symbol.asyncDispose]: () => (closing ??= commits.settled()),
  }
}

/** One point a key, the last one: what one write does with repeats is not promised. */
const lastOfEach = (points: readonly Point[]): Point[] => {
  const last = new Map<string, Point>()
  for (const point of points) last.set(`${point.datastreamId} ${point.timeMs}`, point)
  return [...last.values()]
}
