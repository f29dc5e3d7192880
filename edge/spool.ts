import type { Logger } from 'pino'
import type { Reading } from '../city/observation.ts'
import { countDamaged, openSpoolFile, spoolUnavailable } from './spoolFile.ts'

/**
 * The only buffer of the system: readings that a driver has given and the broker has not acknowledged yet, in a
 * SQLite file (WAL, `synchronous=FULL`), in order, bounded in bytes. What `append` has returned from survives
 * `kill -9` and power loss; when the file is full the oldest rows make room and are counted.
 */
export interface Spool extends Disposable {
  /** Appends in one transaction; throws `store-unavailable` when the disk cannot take it, and then keeps none of it. */
  append(readings: readonly Reading[]): void
  /** The oldest rows after `afterId`, at most `limit`. */
  oldest(limit: number, afterId?: number): SpoolRow[]
  /** Forgets the rows `fromId` to `toId`, both included: the broker has acknowledged them. */
  release(fromId: number, toId: number): void
  stats(): SpoolStats
  close(): void
}

export interface SpoolRow extends Reading {
  /** Ascends and is never used twice. */
  id: number
}

export interface SpoolStats {
  count: number
  /** What the rows take in the file, estimated from above. */
  bytes: number
  /** Rows that had to make room, ever (kept in the file). One of them may have been under way and arrived. */
  dropped: number
  /** Files beside this one that were damaged and set aside. */
  damagedFiles: number
}

export interface SpoolOptions {
  file: string
  maxBytes: number
  log: Logger
  now: () => number
}

/** A row's numbers, id, header and share of a page: what it takes beyond its texts, rounded up. */
const ROW_OVERHEAD_BYTES = 40
const rowBytes = ({ datastream, unit }: Reading): number =>
  ROW_OVERHEAD_BYTES + Buffer.byteLength(datastream) + (unit === undefined ? 0 : Buffer.byteLength(unit))

/** While it stays full, the log says so this often. */
const TELL_AGAIN_MS = 60_000

/**
 * Opens the spool and makes it when there is none. A file that SQLite finds damaged is renamed, named in the log and
 * replaced by an empty one. Throws `conflict` when another agent has this file open.
 */
export const createSpool = (options: SpoolOptions): Spool => {
  const { file, maxBytes, log, now } = options
  const database = openSpoolFile(options)
  const insert = database.prepare('INSERT INTO rows (datastream, timeMs, value, unit) VALUES (?, ?, ?, ?)')
  const select = database.prepare(
    'SELECT id, datastream, timeMs, value, unit FROM rows WHERE id > ? ORDER BY id LIMIT ?',
  )
  const remove = database.prepare('DELETE FROM rows WHERE id BETWEEN ? AND ?')
  const measure = database.prepare(
    `SELECT count(*) AS count, ${SUM_OF_BYTES} FROM rows WHERE id BETWEEN ? AND ?`,
  )
  const addDropped = database.prepare(`UPDATE counters SET value = value + ? WHERE name = 'dropped'`)
  const measured = (fromId: number, toId: number): { count: number; bytes: number } => {
    const row = measure.get(fromId, toId)
    return { count: Number(row?.['count']), bytes: Number(row?.['bytes']) }
  }

  let { count, bytes } = measured(0, Number.MAX_SAFE_INTEGER)
  let dropped = Number(
    database.prepare(`SELECT value FROM counters WHERE name = 'dropped'`).get()?.['value'] ?? 0,
  )
  const damagedFiles = countDamaged(file)
  let toldMs = -Infinity

  const transaction = (work: () => void): void => {
    const before = { count, bytes, dropped }
    try {
      database.exec('BEGIN IMMEDIATE')
      work()
      database.exec('COMMIT')
    } catch (cause) {
      ;({ count, bytes, dropped } = before)
      if (database.isOpen && database.isTransaction) database.exec('ROLLBACK')
      throw spoolUnavailable(file, cause)
    }
  }

  const forget = (fromId: number, toId: number): number => {
    const gone = measured(fromId, toId)
    remove.run(fromId, toId)
    count -= gone.count
    bytes -= gone.bytes
    return gone.count
  }

  /** Drops the oldest rows until the rest fits. */
  const makeRoom = (): void => {
    let excess = bytes - maxBytes
    if (excess <= 0) return
    let lastId = 0
    for (const row of select.iterate(0, -1)) {
      excess -= rowBytes(toRow(row))
      lastId = Number(row['id'])
      if (excess <= 0) break
    }
    const gone = forget(0, lastId)
    dropped += gone
    addDropped.run(gone)
    if (now() - toldMs < TELL_AGAIN_MS) return
    toldMs = now()
    log.warn({ file, droppedEver: dropped }, 'the spool is full: the oldest readings make room and are lost')
  }

  const close = (): void => {
    if (database.isOpen) database.close()
  }

  return {
    append(readings) {
      if (readings.length === 0) return
      transaction(() => {
        for (const reading of readings) {
          insert.run(reading.datastream, reading.timeMs, reading.value, reading.unit ?? null)
          bytes += rowBytes(reading)
        }
        count += readings.length
        makeRoom()
      })
    },
    oldest(limit, afterId = 0) {
      try {
        return select.all(afterId, limit).map(toRow)
      } catch (cause) {
        throw spoolUnavailable(file, cause)
      }
    },
    release(fromId, toId) {
      transaction(() => forget(fromId, toId))
    },
    stats: () => ({ count, bytes, dropped, damagedFiles }),
    close,
    [Symbol.dispose]: close,
  }
}

const SUM_OF_BYTES = `coalesce(sum(${ROW_OVERHEAD_BYTES} + octet_length(datastream) + coalesce(octet_length(unit), 0)), 0) AS bytes`

const toRow = (row: Record<string, unknown>): SpoolRow => ({
  id: Number(row['id']),
  datastream: String(row['datastream']),
  timeMs: Number(row['timeMs']),
  value: Number(row['value']),
  ...(typeof row['unit'] === 'string' && { unit: row['unit'] }),
})
