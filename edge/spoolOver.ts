import type { Logger } from 'pino'
import { NadiError } from '../city/errors.ts'
import type { Reading } from '../city/observation.ts'
import type { Spool } from './spool.ts'
import { type IdRange, rowBytes, type SpoolEngine, SpoolFailure } from './spoolEngine.ts'

/** While it stays full, the log says so this often. */
const TELL_AGAIN_MS = 60_000
/** While the disk is full, how often it is looked whether there is room again. */
const LOOK_AGAIN_MS = 5_000
/** A full page of rows more than needed: only whole pages are free for others. */
const PAGE_SLACK_BYTES = 8_192
const ROWS_AT_ONCE = 500
const EVERYTHING: IdRange = { fromId: 0, toId: Number.MAX_SAFE_INTEGER }

/** The spool over any engine: the bound, what makes room, and what is done about a full disk and damage. */
export const createSpoolOver = (
  engine: SpoolEngine,
  { maxBytes, log, now }: { maxBytes: number; log: Logger; now: () => number },
): Spool => {
  let { count, bytes } = engine.measure(EVERYTHING)
  let dropped = engine.counter('dropped')
  let rejected = engine.counter('rejected')
  let salvaged = engine.counter('salvaged')
  /** Of `dropped` and `rejected`, what the engine has not counted yet. */
  let uncounted = { dropped: 0, rejected: 0 }
  let diskFull = !engine.regainReserve()
  let lookedMs = now()
  const tellDropping = atMostEvery(TELL_AGAIN_MS, now)
  const tellFull = atMostEvery(TELL_AGAIN_MS, now)

  const transaction = (work: () => void, durable = true): void => {
    const before = { count, bytes, dropped, rejected }
    try {
      engine.transaction(
        () => {
          work()
          if (uncounted.dropped > 0) engine.addTo('dropped', uncounted.dropped)
          if (uncounted.rejected > 0) engine.addTo('rejected', uncounted.rejected)
        },
        { durable },
      )
    } catch (error) {
      ;({ count, bytes, dropped, rejected } = before)
      throw error
    }
    uncounted = { dropped: 0, rejected: 0 }
  }

  const repair = (cause: unknown): void => {
    engine.repair(cause)
    ;({ count, bytes } = engine.measure(EVERYTHING))
    salvaged = engine.counter('salvaged')
    // The new file counts from nothing.
    uncounted = {
      dropped: dropped - engine.counter('dropped'),
      rejected: rejected - engine.counter('rejected'),
    }
  }

  /** Runs what may find the disk full or the file damaged, and once more after what can be done about that. */
  const attempt = <T>(run: () => T): T => {
    try {
      return run()
    } catch (error) {
      if (!(error instanceof SpoolFailure)) throw error
      if (error.kind === 'damaged') {
        repair(error)
        return run()
      }
      if (error.kind !== 'full' || !engine.yieldReserve()) throw error
      diskFull = true
      lookedMs = now()
      log.warn({ err: error }, 'the disk is full: what the spool kept back for this is given up')
      return run()
    }
  }

  /** Looks now and then whether a full disk has room again. */
  const look = (): void => {
    if (!diskFull || Math.abs(now() - lookedMs) < LOOK_AGAIN_MS) return
    lookedMs = now()
    diskFull = !engine.regainReserve()
    if (!diskFull) log.info('the disk has room again')
  }

  const forget = (range: IdRange): number => {
    const gone = engine.measure(range)
    engine.remove(range)
    count -= gone.count
    bytes -= gone.bytes
    return gone.count
  }

  /** Drops the oldest rows that take at least so many bytes. */
  const dropOldest = (excessBytes: number): void => {
    let excess = excessBytes
    let toId = 0
    while (excess > 0) {
      const rows = engine.rows(ROWS_AT_ONCE, toId, EVERYTHING.toId)
      for (const row of rows) {
        excess -= rowBytes(row)
        toId = row.id
        if (excess <= 0) break
      }
      if (rows.length < ROWS_AT_ONCE) break
    }
    const gone = forget({ fromId: 0, toId })
    if (gone === 0) return
    dropped += gone
    engine.addTo('dropped', gone)
    if (tellDropping()) {
      log.warn({ droppedEver: dropped }, 'the spool is full: the oldest readings make room and are lost')
    }
  }

  const put = (readings: readonly Reading[]): void => {
    for (const reading of readings) {
      engine.insert(reading)
      bytes += rowBytes(reading)
    }
    count += readings.length
    if (bytes > maxBytes) dropOldest(bytes - maxBytes)
  }

  /** On a full disk rows can stand only where others stood. */
  const putInPlaceOfOldest = (readings: readonly Reading[]): void => {
    dropOldest(readings.reduce((sum, reading) => sum + rowBytes(reading), PAGE_SLACK_BYTES))
    put(readings)
  }

  const lose = (readings: readonly Reading[], error: unknown): void => {
    dropped += readings.length
    uncounted.dropped += readings.length
    if (tellFull()) {
      log.error(
        { err: error, droppedEver: dropped },
        'readings cannot be kept and are lost: look at the disk',
      )
    }
  }

  return {
    append(readings, { canWait = false } = {}) {
      if (readings.length === 0) return
      look()
      try {
        attempt(() => transaction(() => put(readings)))
      } catch (error) {
        if (canWait) throw spoolUnavailable(error)
        try {
          transaction(() => putInPlaceOfOldest(readings))
        } catch {
          lose(readings, error)
        }
      }
    },
    oldest(limit, afterId = 0, untilId = EVERYTHING.toId) {
      try {
        return attempt(() => engine.rows(limit, afterId, untilId))
      } catch (error) {
        throw spoolUnavailable(error)
      }
    },
    release(ranges) {
      look()
      try {
        // Power loss may undo a release: the rows are sent again then, and change nothing. So it waits for no flush.
        attempt(() => transaction(() => ranges.forEach(forget), false))
      } catch (error) {
        throw spoolUnavailable(error)
      }
    },
    reject(row, reason) {
      const setAside = (): void => {
        const gone = engine.measure({ fromId: row.id, toId: row.id })
        if (gone.count === 0) return
        engine.setAside(row, reason, now())
        count -= gone.count
        bytes -= gone.bytes
        rejected += 1
        engine.addTo('rejected', 1)
      }
      try {
        attempt(() => transaction(setAside))
      } catch (error) {
        throw spoolUnavailable(error)
      }
      log.error(
        { id: row.id, datastream: row.datastream, timeMs: row.timeMs, reason, rejectedEver: rejected },
        'a reading that the broker does not take is set aside and not sent again',
      )
    },
    lastId: () => engine.lastId(),
    stats: () => ({
      count,
      bytes,
      dropped,
      rejected,
      salvaged,
      damagedFiles: engine.damagedFiles(),
      diskFull,
    }),
    close: () => engine.close(),
    [Symbol.dispose]: () => engine.close(),
  }
}

/** True now, and then not again before so long has passed. */
const atMostEvery = (everyMs: number, now: () => number): (() => boolean) => {
  let lastMs = -Infinity
  return () => {
    // A clock that was set back must not silence it.
    if (Math.abs(now() - lastMs) < everyMs) return false
    lastMs = now()
    return true
  }
}

/** The disk did not take or give what the spool asked of it. */
export const spoolUnavailable = (cause: unknown): NadiError =>
  new NadiError(
    'store-unavailable',
    `The spool cannot be used (${cause instanceof Error ? cause.message : String(cause)}). Look at the disk's free space and permissions.`,
    { cause },
  )
