import type { Logger } from 'pino'
import { NadiError } from '../../city/errors.ts'
import type { Point } from '../../city/observation.ts'
import type { Partial } from '../../city/partials.ts'
import { createGroupCommit } from '../groupCommit.ts'
import type { ObservationStore } from '../observations.ts'
import { checkPoints, wholeRange } from '../pointCheck.ts'
import { pointsRefused } from '../pointsRefused.ts'
import { createDropJob, tooOld } from '../retention.ts'
import { influxAddress } from './address.ts'
import { readBuckets } from './bucketRead.ts'
import { connectInflux } from './connection.ts'
import { deleteSamples } from './deletion.ts'
import { atOneHorizon, dropOld, type Limits } from './drop.ts'
import { unconfirmed } from './failures.ts'
import { createHorizonReader } from './horizon.ts'
import { hourLine } from './hourRows.ts'
import { hurryWhenStopping } from './hurriedWrites.ts'
import { prepareDatabase } from './prepare.ts'
import { writePoints } from './refusals.ts'
import { createRollups } from './rollups.ts'
import { createSampleReader } from './sampleReader.ts'
import { horizonLine, ROLLUP_POLICY } from './schema.ts'
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
  /** Days that samples are kept (`../retention.ts`); 0 = for ever. */
  rawDays?: number
  now?: () => number
  /**
   * Everything is to end: no wait at the start any more, no patience with a busy server, and seconds alone for one that
   * does not answer a write.
   */
  signal?: AbortSignal
}

export interface InfluxStore extends ObservationStore {
  /** Sums up all finished and dirty hours now and resolves when that is done. */
  compact(): Promise<void>
  /** Drops the samples that `rawDays` keeps no longer, now, and resolves when that is done. */
  drop(): Promise<void>
  /** What a backup must hold beside the samples: the horizon, and a Datastream's hours before it. */
  horizonMs(): number
  frozenHours(datastreamId: number): Promise<Partial[]>
  /** Puts hours and horizon of a backup into a store that holds nothing yet; durable when it resolves. */
  restoreHours(horizonMs: number, hours: readonly FrozenHour[]): Promise<void>
}

export interface FrozenHour {
  datastreamId: number
  partial: Partial
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
  rawDays = 0,
  now = Date.now,
  signal,
}: InfluxStoreOptions): Promise<InfluxStore> => {
  const address = influxAddress(url)
  const holding = new AbortController()
  const cut = new AbortController()
  const stopping = AbortSignal.any([holding.signal, ...(signal ? [signal] : [])])
  const queries = connectInflux(address, { timeoutMs, cut: cut.signal })
  await prepareDatabase({ address, queries, waitMs, signal: stopping, log })
  log.debug({ host: address.shown, database: address.database }, 'connected to InfluxDB')
  const writeLines = hurryWhenStopping(
    createLineWriter({ address, timeoutMs, maxHoldMs, holding: stopping, cut: cut.signal }),
    stopping,
    () => giveUp(),
  )
  const samples = createSampleReader(queries)
  const horizon = createHorizonReader(queries, samples)
  const storedMs = await horizon.stored()
  const limits: Limits = { horizonMs: storedMs, refusedBeforeMs: storedMs }
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

  const giveUp = (): void => {
    if (cut.signal.aborted) return
    log.warn(
      { host: address.shown, readings: commits.waiting() },
      'InfluxDB does not answer while Nadi ends: these readings are not confirmed, and whoever sent them keeps them',
    )
    cut.abort()
  }

  const writeRollup = async (lines: readonly string[]): Promise<void> => {
    for (let at = 0; at < lines.length; at += MAX_COMMIT_POINTS) {
      const some = lines.slice(at, at + MAX_COMMIT_POINTS)
      const result = await writeLines({ lines: some, policy: ROLLUP_POLICY })
      if (result.outcome === 'stored') continue
      const why = result.outcome === 'partial' ? result.reason : 'a request was too large'
      throw unconfirmed(address.shown, `it did not keep hourly sums: ${why}`)
    }
  }
  const rollups = await createRollups({ queries, samples, commits, gatherMs, log, write: writeRollup })

  const drop = (): Promise<void> =>
    dropOld({
      horizon,
      rollups,
      commits,
      writeRollup,
      limits,
      rawDays,
      now,
      signal: holding.signal,
      log,
    })
  const dropJob = rawDays > 0 ? createDropJob(drop, log) : undefined

  const refuseWhenClosed = (): void => {
    if (closing) {
      throw new NadiError('store-unavailable', 'The store is closed: start Nadi and send again.')
    }
  }

  const close = async (): Promise<void> => {
    holding.abort()
    const giveUp = setTimeout(() => cut.abort(), CLOSE_WITHIN_MS)
    await rollups.close()
    await dropJob?.close()
    await commits.settled()
    clearTimeout(giveUp)
  }

  return {
    async append(points) {
      refuseWhenClosed()
      checkPoints(points)
      await rollups.room()
      const old = tooOld(points, limits.refusedBeforeMs)
      await commits.append(old ? points.filter((_, i) => old[i] === undefined) : points)
      if (refusals === 0 && !old) return
      const reasons = points.map((point, i) => old?.[i] ?? refused.get(point))
      if (reasons.some((reason) => reason !== undefined)) throw pointsRefused(reasons)
    },
    async latest(datastreamIds) {
      refuseWhenClosed()
      return atOneHorizon(limits, async (horizonMs) => {
        const found = await samples.latest(datastreamIds)
        for (const [id, { timeMs }] of found) if (timeMs < horizonMs) found.delete(id)
        const without = datastreamIds.filter((id) => !found.has(id))
        if (horizonMs === 0 || without.length === 0) return found
        return new Map([...found, ...(await horizon.latest(without, horizonMs))])
      })
    },
    async raw({ datastreamId, fromMs, toMs, limit }) {
      refuseWhenClosed()
      const range = wholeRange(fromMs, toMs)
      if (limit <= 0) return []
      return atOneHorizon(limits, (horizonMs) =>
        samples.range({ datastreamId, ...range, fromMs: Math.max(range.fromMs, horizonMs) }, limit),
      )
    },
    async buckets(query) {
      refuseWhenClosed()
      return readBuckets({ queries, samples, rollups, horizon, horizonMs: () => limits.horizonMs }, query)
    },
    async deleteRange({ datastreamId, fromMs, toMs }) {
      refuseWhenClosed()
      const range = wholeRange(fromMs, toMs)
      return commits.exclusively(() =>
        deleteSamples({ queries, rollups, horizonMs: limits.horizonMs }, datastreamId, range),
      )
    },
    async compact() {
      refuseWhenClosed()
      await rollups.run()
    },
    drop,
    horizonMs: () => limits.horizonMs,
    frozenHours: (datastreamId) => horizon.hours(datastreamId, { fromMs: 0, toMs: limits.horizonMs }),
    async restoreHours(toMs, hours) {
      await writeRollup(hours.map(({ datastreamId, partial }) => hourLine(datastreamId, partial)))
      await writeRollup([horizonLine(toMs)])
      limits.horizonMs = limits.refusedBeforeMs = toMs
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
