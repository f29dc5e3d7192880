import type { Logger } from 'pino'
import { NadiError } from '../../city/errors.ts'
import type { Point } from '../../city/observation.ts'
import { createGroupCommit } from '../groupCommit.ts'
import type { ObservationStore } from '../observations.ts'
import { checkPoints, wholeRange } from '../pointCheck.ts'
import { pointsRefused } from '../pointsRefused.ts'
import { influxAddress } from './address.ts'
import { readBuckets } from './bucketRead.ts'
import { connectInflux } from './connection.ts'
import { deleteSamples } from './deletion.ts'
import { unconfirmed } from './failures.ts'
import { prepareDatabase } from './prepare.ts'
import { writePoints } from './refusals.ts'
import { createRollups } from './rollups.ts'
import { createSampleReader } from './sampleReader.ts'
import { ROLLUP_POLICY } from './schema.ts'
import { createLineWriter } from './writeRequest.ts'

/** Points of one write: the size that InfluxDB advises. */
const MAX_COMMIT_POINTS = 10_000
/** Points that wait for their write, about 50 MB; more are turned away until there is room. */
const MAX_WAITING_POINTS = 300_000
/** How long a request under way may still take when the store closes. */
const CLOSE_WITHIN_MS = 5000

export interface InfluxStoreOptions {
  /** The server, its login and its database: `http://user:password@127.0.0.1:8086/nadi`. */
  url: string
  log: Logger
  /** How long to wait at the start for a server that is not there yet. */
  waitMs?: number
  /** The longest that one request may take. */
  timeoutMs?: number
  /** The longest that a write is held back when the server asks for patience. */
  maxHoldMs?: number
  /** How long finished hours gather before they are summed up. */
  gatherMs?: number
  /** Ends the wait at the start. */
  signal?: AbortSignal
}

export interface InfluxStore extends ObservationStore {
  /** Sums up all finished and dirty hours now and resolves when that is done. */
  compact(): Promise<void>
}

/**
 * The store in an InfluxDB 1.x server, whose own identity of a point is the same (series and time, last value wins).
 * A write counts as durable when the server confirms it, which it does after its write-ahead log is on disk
 * (`wal-fsync-delay = "0s"`, the default). Nothing is buffered behind an acknowledgement and nothing is retried here,
 * but for a server that asks for patience. What the server refuses for good rejects as `points-refused`.
 *
 * Wide buckets are answered from hourly sums that this store keeps on the server (`rollups.ts`): InfluxQL's own
 * windows know neither local days nor split differences, and its continuous queries do not follow late data. One
 * process only may write into the database.
 *
 * Makes what is missing of the database. Throws `invalid-input` for a wrong address, and `store-unavailable` when the
 * server does not answer within `waitMs`.
 */
export const createInfluxStore = async ({
  url,
  log,
  waitMs = 0,
  timeoutMs = 30_000,
  maxHoldMs = 30_000,
  gatherMs = 2000,
  signal,
}: InfluxStoreOptions): Promise<InfluxStore> => {
  const address = influxAddress(url)
  const holding = new AbortController()
  const cut = new AbortController()
  const queries = connectInflux(address, timeoutMs)
  await prepareDatabase({ address, queries, waitMs, signal: signal ?? holding.signal, log })
  log.debug({ host: address.shown, database: address.database }, 'connected to InfluxDB')
  const writeLines = createLineWriter({
    address,
    timeoutMs,
    maxHoldMs,
    holding: holding.signal,
    cut: cut.signal,
  })
  const samples = createSampleReader(queries)
  let closing: Promise<void> | undefined

  /** Why the server refuses a point, from its commit until its append has told the caller. */
  const refused = new WeakMap<Point, string>()
  let refusals = 0

  const commit = async (points: readonly Point[]): Promise<void> => {
    const unique = lastOfEach(points)
    const kept = [...unique.values()]
    await rollups.beforeWrite(kept)
    try {
      const found = await writePoints(writeLines, kept)
      refusals += found.length
      const reasons = new Map(found.map(({ point, reason }) => [keyOf(point), reason]))
      if (refusals > 0) {
        for (const point of points) {
          const reason = reasons.get(keyOf(point))
          if (reason === undefined) refused.delete(point)
          else refused.set(point, reason)
        }
      }
    } catch (error) {
      rollups.unknown(kept)
      throw error
    }
    rollups.reached(kept)
  }

  const commits = createGroupCommit<Point>({
    maxItems: MAX_COMMIT_POINTS,
    maxWaiting: MAX_WAITING_POINTS,
    commit,
  })

  const rollups = await createRollups({
    queries,
    samples,
    commits,
    gatherMs,
    log,
    async write(lines) {
      for (let at = 0; at < lines.length; at += MAX_COMMIT_POINTS) {
        const some = lines.slice(at, at + MAX_COMMIT_POINTS)
        const result = await writeLines({ lines: some, policy: ROLLUP_POLICY })
        if (result.outcome === 'stored') continue
        const why = result.outcome === 'partial' ? result.reason : 'a request was too large'
        throw unconfirmed(address.shown, `it did not keep hourly sums: ${why}`)
      }
    },
  })

  const refuseWhenClosed = (): void => {
    if (closing) {
      throw new NadiError('store-unavailable', 'The store is closed: start Nadi and send again.')
    }
  }

  const close = async (): Promise<void> => {
    holding.abort()
    const giveUp = setTimeout(() => cut.abort(), CLOSE_WITHIN_MS)
    await rollups.close()
    await commits.settled()
    clearTimeout(giveUp)
  }

  return {
    async append(points) {
      refuseWhenClosed()
      checkPoints(points)
      await rollups.room()
      await commits.append(points)
      if (refusals === 0) return
      const reasons = points.map((point) => refused.get(point))
      if (reasons.some((reason) => reason !== undefined)) throw pointsRefused(reasons)
    },
    async latest(datastreamIds) {
      refuseWhenClosed()
      return samples.latest(datastreamIds)
    },
    async raw({ datastreamId, fromMs, toMs, limit }) {
      refuseWhenClosed()
      const range = wholeRange(fromMs, toMs)
      return limit > 0 ? samples.range({ datastreamId, ...range }, limit) : []
    },
    async buckets(query) {
      refuseWhenClosed()
      return readBuckets({ queries, samples, rollups }, query)
    },
    async deleteRange({ datastreamId, fromMs, toMs }) {
      refuseWhenClosed()
      const range = wholeRange(fromMs, toMs)
      return commits.exclusively(() => deleteSamples({ queries, rollups }, datastreamId, range))
    },
    async compact() {
      refuseWhenClosed()
      await rollups.run()
    },
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => (closing ??= close()),
  }
}

const keyOf = ({ datastreamId, timeMs }: Point): string => `${datastreamId} ${timeMs}`

/** One point a key, the last one: what one write does with repeats is not promised. */
const lastOfEach = (points: readonly Point[]): Map<string, Point> => {
  const last = new Map<string, Point>()
  for (const point of points) last.set(keyOf(point), point)
  return last
}
