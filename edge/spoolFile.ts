import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Logger } from 'pino'
import { NadiError } from '../city/errors.ts'

/** The spool's SQLite file: its tables, how it is opened, and what becomes of a damaged one. */
export interface SpoolFileOptions {
  file: string
  log: Logger
  now: () => number
}

const SQLITE_BUSY = 5
const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS rows (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    datastream TEXT NOT NULL,
    timeMs INTEGER NOT NULL,
    value REAL NOT NULL,
    unit TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
  INSERT OR IGNORE INTO counters VALUES ('dropped', 0);
`

/**
 * Opens the spool's file and makes it when there is none. A file that SQLite finds damaged is renamed, named in the
 * log and replaced by an empty one. Throws `conflict` when another agent has it open, `store-unavailable` else.
 */
export const openSpoolFile = ({ file, log, now }: SpoolFileOptions): DatabaseSync => {
  mkdirSync(path.dirname(file), { recursive: true })
  try {
    return open(file)
  } catch (cause) {
    if (isBusy(cause)) {
      throw new NadiError(
        'conflict',
        `The spool ${file} is in use by another agent. Stop that one, or name another spool file.`,
        { cause },
      )
    }
    if (!isDamage(cause)) throw spoolUnavailable(file, cause)
    const aside = `${file}${DAMAGED}${now()}`
    renameSync(file, aside)
    // Its log goes with it: it belongs to the damaged file, and may still hold rows for whoever repairs that.
    if (existsSync(`${file}-wal`)) renameSync(`${file}-wal`, `${aside}-wal`)
    log.error(
      { file, aside, err: cause },
      'the spool was damaged and is set aside; readings in it that were not acknowledged are missing',
    )
    return open(file)
  }
}

const open = (file: string): DatabaseSync => {
  const database = new DatabaseSync(file)
  try {
    // Exclusive before WAL: one agent a file, and no shared-memory file.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    database.exec(SCHEMA)
    for (const table of PROBES) probe(database, table)
    const [verdict] = database.prepare('PRAGMA quick_check(1)').all()
    if (verdict?.['quick_check'] !== 'ok') throw new DamagedError(String(verdict?.['quick_check']))
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

class DamagedError extends Error {}

/** Tables by the right names without the right columns are damage too. */
const PROBES = ['SELECT id, datastream, timeMs, value, unit FROM rows', 'SELECT name, value FROM counters']
const probe = (database: DatabaseSync, query: string): void => {
  try {
    database.prepare(`${query} LIMIT 1`).all()
  } catch (cause) {
    throw new DamagedError('the tables are not those of a spool', { cause })
  }
}

const DAMAGED = '.damaged-'

/** How many files beside this one were damaged and set aside. */
export const countDamaged = (file: string): number =>
  readdirSync(path.dirname(file)).filter(
    (name) => name.startsWith(path.basename(file) + DAMAGED) && !name.endsWith('-wal'),
  ).length

const codeOf = (error: unknown): number =>
  error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0
const isBusy = (error: unknown): boolean => codeOf(error) === SQLITE_BUSY

const isDamage = (error: unknown): boolean =>
  error instanceof DamagedError || codeOf(error) === SQLITE_CORRUPT || codeOf(error) === SQLITE_NOTADB

/** The disk did not take or give what the spool asked of it. */
export const spoolUnavailable = (file: string, cause: unknown): NadiError =>
  new NadiError(
    'store-unavailable',
    `The spool ${file} cannot be used (${cause instanceof Error ? cause.message : String(cause)}). Look at the disk's free space and permissions.`,
    { cause },
  )
