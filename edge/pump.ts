import type { Logger } from 'pino'
import type { TokenBucket } from '../city/tokenBucket.ts'
import { observationsTopic } from '../city/topics.ts'
import type { Clock } from './clock.ts'
import type { Connection } from './connection.ts'
import type { Isolation, Unacknowledged } from './isolation.ts'
import { type Pack, packOf } from './packs.ts'
import type { Spool } from './spool.ts'

/**
 * Sends the spool's rows over one connection while it lasts. Rows that were there when it began are the backlog, sent
 * from the oldest on, one pack at a time and at a limited rate, so that a city that comes back does not flood its
 * broker, where everybody's new readings wait behind everybody's old ones. What is measured from then on goes before
 * it. Each row is sent once a connection and released on the PUBACK of its pack.
 */
export interface Pump {
  /** Sends what may be sent; called when there are new rows. */
  fill(): void
  /** What was sent and not acknowledged. */
  unacknowledged(): Unacknowledged[]
}

export interface PumpOptions {
  connection: Connection
  device: string
  rows: Pick<Spool, 'oldest' | 'release' | 'reject' | 'lastId'>
  isolation: Isolation
  /** What the backlog may take, in rows. */
  backlogRate: TokenBucket
  clock: Clock
  recordsPerPack: number
  packsInFlight: number
  onReleased: (rows: number) => void
  log: Logger
  signal: AbortSignal
}

export const createPump = (options: PumpOptions): Pump => {
  const { connection, rows, isolation, clock, recordsPerPack, packsInFlight, log } = options
  const topic = observationsTopic(options.device)
  const frontierId = rows.lastId()
  const backlog: Lane = { afterId: 0, most: 1, inFlight: 0 }
  const live: Lane = { afterId: frontierId, most: Math.max(1, packsInFlight - 1), inFlight: 0 }
  const underWay = new Set<Pack>()
  let backlogAtMs = 0
  let wakesAtMs = Infinity

  const send = async (pack: Pack, lane: Lane): Promise<void> => {
    underWay.add(pack)
    lane.inFlight += 1
    try {
      await connection.publish(topic, pack.payload)
      underWay.delete(pack)
      rejectWhatEndsConnections(isolation.acknowledged(pack.range))
      rows.release([pack.range])
      options.onReleased(pack.rows.length)
    } catch (error) {
      log.debug({ err: error, rows: pack.rows.length }, 'a pack was not acknowledged and stays in the spool')
      connection.drop(toError(error))
    }
    lane.inFlight -= 1
    fill()
  }

  const rejectWhatEndsConnections = (id: number | undefined): void => {
    if (id === undefined) return
    const [row] = rows.oldest(1, id - 1, id)
    if (row) rows.reject(row, 'the broker ends the connection on it, and takes others')
    isolation.forget(id)
  }

  /** The lane's next rows as a pack, and the lane moved on behind them. */
  const next = (lane: Lane, untilId?: number): Pack | undefined => {
    for (;;) {
      const found = rows.oldest(recordsPerPack, lane.afterId, untilId)
      const [first] = found
      if (lane === backlog) isolation.reached(first?.id ?? Infinity)
      if (!first) return undefined
      if (isolation.isAccused(first.id)) {
        lane.afterId = first.id
        continue
      }
      const accusedAt = found.findIndex(({ id }) => isolation.isAccused(id))
      const most = accusedAt > 0 ? accusedAt : found.length
      const pack = packOf(found.slice(0, isolation.limitAt(first.id, most)))
      lane.afterId = pack?.range.toId ?? first.id
      if (pack) return pack
      rows.reject(first, 'it is too large for one packet')
    }
  }

  /** One row that is under suspicion, alone. */
  const suspect = (): Pack | undefined => {
    for (let due = isolation.retry(); due; due = isolation.retry()) {
      const { id, inMs } = due
      if (inMs > 0) {
        fillIn(inMs)
        return undefined
      }
      const pack = packOf(rows.oldest(1, id - 1, id))
      if (pack) return pack
      isolation.forget(id)
    }
    return undefined
  }

  /** True when something was sent. */
  const sendOne = (): boolean => {
    if (isolation.careful) {
      if (underWay.size > 0) return false
      const pack = suspect() ?? (backlogIsOpen() ? next(backlog) : undefined)
      if (!pack) return false
      live.afterId = Math.max(live.afterId, backlog.afterId)
      if (pack.range.fromId <= frontierId) slowDown(pack)
      void send(pack, backlog)
      return true
    }
    if (underWay.size >= packsInFlight) return false
    const newest = live.inFlight < live.most ? next(live) : undefined
    if (newest) {
      void send(newest, live)
      return true
    }
    const oldest = backlog.inFlight < backlog.most && backlogIsOpen() ? next(backlog, frontierId) : undefined
    if (!oldest) return false
    slowDown(oldest)
    void send(oldest, backlog)
    return true
  }

  const slowDown = (pack: Pack): void => {
    backlogAtMs = clock.nowMs() + options.backlogRate.take(pack.rows.length)
  }

  const backlogIsOpen = (): boolean => {
    const waitMs = backlogAtMs - clock.nowMs()
    if (waitMs > 0) fillIn(waitMs)
    return waitMs <= 0
  }

  const fillIn = (waitMs: number): void => {
    const atMs = clock.nowMs() + waitMs
    if (atMs >= wakesAtMs) return
    wakesAtMs = atMs
    void clock.sleep(waitMs, options.signal).then(() => {
      wakesAtMs = Infinity
      fill()
    })
  }

  const fill = (): void => {
    try {
      while (connection.open && sendOne());
    } catch (error) {
      connection.drop(toError(error))
    }
  }

  return {
    fill,
    unacknowledged: () => [...underWay].map(({ range, rows: { length } }) => ({ range, rows: length })),
  }
}

interface Lane {
  /** Rows up to here were sent. */
  afterId: number
  /** Packs under way at most. */
  most: number
  inFlight: number
}

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
