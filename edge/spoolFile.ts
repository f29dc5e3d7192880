import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Logger } from 'pino'
import { NadiError } from '../city/errors.ts'
import { rowsOfDamaged } from './damagedPages.ts'
import { rowCheck } from './rowCheck.ts'
import { SpoolFailure, type SpoolRow } from './spoolEngine.ts'

/** The spool's SQLite file: its tables, how it is opened, and what becomes of a damaged one. */
export interface SpoolFileOptions {
  file: string
  log: Logger
  now: () => number
}

const SQLITE_BUSY = 5
const SQLITE_IOERR = 10
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_NOTADB = 26

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS rows (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    datastream TEXT NOT NULL,
    timeMs INTEGER NOT NULL,
    value REAL NOT NULL,
    unit TEXT,
    rowCheck INTEGER
  ) STRICT;
  CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
  INSERT OR IGNORE INTO counters VALUES ('dropped', 0);
  INSERT OR IGNORE INTO counters VALUES ('rejected', 0);
  INSERT OR IGNORE INTO counters VALUES ('salvaged', 0);
  CREATE TABLE IF NOT EXISTS rejected (
    id INTEGER PRIMARY KEY,
    datastream TEXT NOT NULL,
    timeMs INTEGER NOT NULL,
    value REAL NOT NULL,
    unit TEXT,
    reason TEXT NOT NULL,
    rejectedMs INTEGER NOT NULL
  ) STRICT;
`

/**
 * Opens the spool's file and makes it when there is none. A file that SQLite finds damaged is set aside, and the rows
 * that can still be read are taken over. Throws `conflict` when another agent has it open, `SpoolFailure` else.
 */
export const openSpoolFile = (options: SpoolFileOptions): DatabaseSync => {
  const { file } = options
  mkdirSync(path.dirname(file), { recursive: true })
  undoHalfMove(file)
  try {
    return open(file)
  } catch (cause) {
    if (codeOf(cause) === SQLITE_BUSY) {
      throw new NadiError(
        'conflict',
        `The spool ${file} is in use by another agent. Stop that one, or name another spool file.`,
        { cause },
      )
    }
    const failure = failureOf(cause)
    if (failure.kind !== 'damaged') throw failure
    return replaceDamaged(options, cause)
  }
}

/**
 * Renames a file that is open no more and gives a new one with the rows of the old one that can be read. When no new
 * one can be made, the old one is in its place again.
 */
export const replaceDamaged = ({ file, log, now }: SpoolFileOptions, cause: unknown): DatabaseSync => {
  let aside = `${file}${DAMAGED}${now()}`
  while (existsSync(aside)) aside += '0'
  moveWithLog(file, aside)
  let database: DatabaseSync
  try {
    database = open(file)
  } catch (error) {
    // In an order in which the next start understands what a crash leaves of it.
    rmSync(`${file}-wal`, { force: true })
    rmSync(file, { force: true })
    if (existsSync(`${aside}-wal`)) renameSync(`${aside}-wal`, `${file}-wal`)
    renameSync(aside, file)
    throw error
  }
  const salvaged = salvage(aside, database, log)
  log.error(
    { file, aside, salvaged, err: cause },
    'the spool was damaged: the file is set aside, the readings that could still be read are taken over',
  )
  return database
}

/** Its log goes with it: it holds what was written last. When that cannot follow, the file is in its place again. */
const moveWithLog = (from: string, to: string): void => {
  renameSync(from, to)
  try {
    if (existsSync(`${from}-wal`)) renameSync(`${from}-wal`, `${to}-wal`)
  } catch (error) {
    renameSync(to, from)
    throw error
  }
}

/**
 * A log without its file is what a crash between the two renames leaves; SQLite would begin a new file and throw the log
 * away. The file that was moved last and has no log comes back to it.
 */
const undoHalfMove = (file: string): void => {
  if (existsSync(file) || !existsSync(`${file}-wal`)) return
  const [last] = damagedBeside(file)
    .map((name) => path.join(path.dirname(file), name))
    .filter((aside) => !existsSync(`${aside}-wal`))
    // Renaming sets it; the time in the name is the clock's, which may have been set back.
    .map((aside) => ({ aside, movedMs: statSync(aside).ctimeMs }))
    .sort((a, b) => b.movedMs - a.movedMs)
  if (last) renameSync(last.aside, file)
}

/** How many rows one transaction takes over: on a disk that fills up meanwhile most are kept. */
const SALVAGE_ROWS = 10_000
/** New ids begin this far above the old ones: the last rows of the damaged file may be missing. */
const ID_GAP = 1_000_000

const salvage = (aside: string, database: DatabaseSync, log: Logger): number => {
  const insert = database.prepare(
    'INSERT OR IGNORE INTO rows (id, datastream, timeMs, value, unit, rowCheck) VALUES (?, ?, ?, ?, ?, ?)',
  )
  let salvaged = 0
  let lastId = 0
  const takeOver = (rows: readonly SpoolRow[]): void => {
    database.exec('BEGIN IMMEDIATE')
    let fresh = 0
    for (const row of rows) {
      const { id, datastream, timeMs, value, unit } = row
      fresh += Number(insert.run(id, datastream, timeMs, value, unit ?? null, rowCheck(row)).changes)
      lastId = Math.max(lastId, id)
    }
    database.prepare(`UPDATE counters SET value = value + ? WHERE name = 'salvaged'`).run(fresh)
    database.prepare(`UPDATE sqlite_sequence SET seq = ? WHERE name = 'rows'`).run(lastId + ID_GAP)
    database.exec('COMMIT')
    salvaged += fresh
  }
  try {
    let batch: SpoolRow[] = []
    for (const row of rowsOfDamaged(aside)) {
      batch.push(row)
      if (batch.length < SALVAGE_ROWS) continue
      takeOver(batch)
      batch = []
    }
    if (batch.length > 0) takeOver(batch)
  } catch (err) {
    if (database.isTransaction) database.exec('ROLLBACK')
    log.error({ aside, err }, 'not all of the damaged spool could be taken over: the rest stays in the file')
  }
  return salvaged
}

const open = (file: string): DatabaseSync => {
  const database = new DatabaseSync(file)
  try {
    // Exclusive before WAL: one agent a file, and no shared-memory file.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    database.exec(SCHEMA)
    addRowCheck(database)
    for (const query of PROBES) probe(database, query)
    const [verdict] = database.prepare('PRAGMA quick_check(1)').all()
    if (verdict?.['quick_check'] !== 'ok') throw new DamagedError(String(verdict?.['quick_check']))
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Files of the first layout have no checksums; their rows are taken without. */
const addRowCheck = (database: DatabaseSync): void => {
  const columns = database.prepare('PRAGMA table_info(rows)').all()
  if (columns.some((column) => column['name'] === 'rowCheck')) return
  database.exec('ALTER TABLE rows ADD COLUMN rowCheck INTEGER')
}

class DamagedError extends Error {}

/** Tables by the right names without the right columns are damage too. */
const PROBES = [
  'SELECT id, datastream, timeMs, value, unit, rowCheck FROM rows',
  'SELECT name, value FROM counters',
  'SELECT id, datastream, timeMs, value, unit, reason, rejectedMs FROM rejected',
]
const probe = (database: DatabaseSync, query: string): void => {
  try {
    database.prepare(`${query} LIMIT 1`).all()
  } catch (cause) {
    throw new DamagedError('the tables are not those of a spool', { cause })
  }
}

const DAMAGED = '.damaged-'

const damagedBeside = (file: string): string[] =>
  readdirSync(path.dirname(file)).filter(
    (name) => name.startsWith(path.basename(file) + DAMAGED) && !name.endsWith('-wal'),
  )

/** How many files beside this one were damaged and set aside. */
export const countDamaged = (file: string): number => damagedBeside(file).length

const codeOf = (error: unknown): number =>
  error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0

/** What SQLite's error means to the spool. A quota or a file-size limit comes as an I/O error. */
export const failureOf = (error: unknown): SpoolFailure => {
  if (error instanceof SpoolFailure) return error
  const code = codeOf(error)
  const message = error instanceof Error ? error.message : String(error)
  if (code === SQLITE_FULL || code === SQLITE_IOERR) return new SpoolFailure('full', message, error)
  const damaged = error instanceof DamagedError || code === SQLITE_CORRUPT || code === SQLITE_NOTADB
  return new SpoolFailure(damaged ? 'damaged' : 'failed', message, error)
}
