import type { Logger } from 'pino'
import { NadiError } from '../city/errors.ts'
import type { Reading } from '../city/observation.ts'
import type { IdRange, SpoolRow } from './spoolEngine.ts'
import { createSpoolOver, spoolUnavailable } from './spoolOver.ts'
import { createSqliteEngine } from './sqliteEngine.ts'

/**
 * The only buffer of the system: readings that a driver has given and the broker has not acknowledged yet, in order,
 * bounded in bytes. What `append` has kept survives `kill -9` and power loss. When the spool or the disk is full, the
 * oldest rows make room; every reading that is not kept is counted, none is lost silently.
 */
export interface Spool extends Disposable {
  /**
   * Keeps the readings in one transaction, or counts them (`dropped`) when even without the oldest rows there is no
   * room. With `canWait` no row is dropped for a full disk: it throws `store-unavailable` instead and keeps nothing,
   * to be tried again later.
   */
  append(readings: readonly Reading[], options?: { canWait?: boolean }): void
  /** The oldest rows with `afterId < id <= untilId`, at most `limit`. */
  oldest(limit: number, afterId?: number, untilId?: number): SpoolRow[]
  /** Forgets the rows of these ranges: the broker has acknowledged them. */
  release(ranges: readonly IdRange[]): void
  /** Sets a row aside that no broker takes: kept, counted and told, and not sent again. */
  reject(row: SpoolRow, reason: string): void
  /** The id of the newest row ever appended. */
  lastId(): number
  stats(): SpoolStats
  close(): void
}

export interface SpoolStats {
  count: number
  /** What the rows take in the file, estimated from above. */
  bytes: number
  /** Readings that had to make room or found none, ever. One of them may have been under way and arrived. */
  dropped: number
  /** Rows set aside because no broker took them, ever. */
  rejected: number
  /** Rows taken over from damaged files, ever. */
  salvaged: number
  /** Files beside this one that were damaged and set aside. */
  damagedFiles: number
  /** The disk is full: nothing is kept back any more, and new readings may push out old ones. */
  diskFull: boolean
}

export interface SpoolOptions {
  file: string
  maxBytes: number
  /** Kept back on the disk, so that a full one can still be drained; default: an eighth of `maxBytes`, 1 to 8 MiB. */
  reserveBytes?: number
  log: Logger
  now: () => number
}

/** Opens the spool in a SQLite file and makes it when there is none. Throws `conflict` when another agent has it. */
export const createSpool = (options: SpoolOptions): Spool => {
  const { file, maxBytes, log, now } = options
  const reserveBytes = options.reserveBytes ?? Math.min(8 * MIB, Math.max(MIB, Math.floor(maxBytes / 8)))
  try {
    return createSpoolOver(createSqliteEngine({ file, reserveBytes, log, now }), { maxBytes, log, now })
  } catch (error) {
    throw error instanceof NadiError ? error : spoolUnavailable(error)
  }
}

const MIB = 1024 * 1024
