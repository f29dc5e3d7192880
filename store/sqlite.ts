import { chmodSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { NadiError } from '../city/errors.ts'

/**
 * How the project opens a SQLite file: WAL, each commit on the disk before it returns, foreign keys, and the schema
 * brought up to date by ordered migrations. What is in the file is said by whoever opens it.
 */

/** Statements that bring a schema from version `index` to `index + 1`; never changed once released, only added to. */
export type Migrations = readonly string[]

/**
 * Opens (or makes) `file`, readable by its owner alone, and runs the migrations that it has not seen, each in one
 * transaction. Throws `store-unavailable` when it cannot be opened or was written by a newer version.
 */
export const openDatabase = (file: string, migrations: Migrations): DatabaseSync => {
  const db = open(file)
  try {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
    db.exec('PRAGMA journal_size_limit = 16777216')
    migrate(db, file, migrations)
    return db
  } catch (error) {
    db.close()
    if (error instanceof NadiError) throw error
    throw new NadiError(
      'store-unavailable',
      `${file} cannot be read as a Nadi database. Restore it from a backup, or move it away to begin anew.`,
      { cause: error },
    )
  }
}

const open = (file: string): DatabaseSync => {
  try {
    if (file !== ':memory:') mkdirSync(path.dirname(file), { recursive: true })
    const db = new DatabaseSync(file, { timeout: 5_000 })
    if (file !== ':memory:') chmodSync(file, 0o600)
    return db
  } catch (error) {
    throw new NadiError(
      'store-unavailable',
      `${file} cannot be opened. Check that the folder is there and can be written.`,
      { cause: error },
    )
  }
}

const migrate = (db: DatabaseSync, file: string, migrations: Migrations): void => {
  db.exec('CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT')
  const versions = queryOf<{ version: number }>(db.prepare('SELECT version FROM schema_version'))
  const current = versions.get()?.version ?? 0
  if (current > migrations.length) {
    throw new NadiError(
      'store-unavailable',
      `${file} was written by a newer Nadi (schema ${current}, this one knows ${migrations.length}). Start that version.`,
    )
  }
  for (const [index, statements] of migrations.entries()) {
    if (index < current) continue
    atomically(db, () => {
      db.exec(statements)
      db.exec(`DELETE FROM schema_version; INSERT INTO schema_version VALUES (${index + 1})`)
    })
  }
}

/** Runs `run` in one transaction, or inside the one that is open already. Undone as a whole when it throws. */
export const atomically = <T>(db: DatabaseSync, run: () => T, onUndone?: () => void): T => {
  if (db.isTransaction) return run()
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = run()
    db.exec('COMMIT')
    return result
  } catch (error) {
    // A full disk may have ended the transaction already.
    if (db.isTransaction) db.exec('ROLLBACK')
    onUndone?.()
    throw error
  }
}

/** A prepared SELECT with the shape of its rows. */
export interface Query<Row> {
  get(...parameters: SQLInputValue[]): Row | undefined
  all(...parameters: SQLInputValue[]): Row[]
}

/** Gives a prepared statement the type of its rows: the statement and `Row` stand beside each other where it is used. */
export const queryOf = <Row>(statement: StatementSync): Query<Row> => ({
  get: (...parameters) => statement.get(...parameters) as Row | undefined,
  all: (...parameters) => statement.all(...parameters) as unknown as Row[],
})
