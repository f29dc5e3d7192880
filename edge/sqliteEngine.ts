import { rmSync } from 'node:fs'
import path from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { createReserve } from './reserve.ts'
import { rowCheck } from './rowCheck.ts'
import { ROW_OVERHEAD_BYTES, type SpoolEngine, SpoolFailure, type SpoolRow } from './spoolEngine.ts'
import { countDamaged, failureOf, openSpoolFile, replaceDamaged, type SpoolFileOptions } from './spoolFile.ts'

export interface SqliteEngineOptions extends SpoolFileOptions {
  /** Kept back for a full disk. */
  reserveBytes: number
}

const PAGE_BYTES = 4096
/** Shares of the reserve: what the file may still grow once it is given up, and when its log is emptied into it. */
const GROWTH_SHARE = 0.25
const CHECKPOINT_SHARE = 0.25
const MOST_PAGES = 0xffff_fffe
/** Rejected rows that are kept to be looked at. */
const MOST_REJECTED = 1_000

/** The spool's rows in a SQLite file (WAL, `synchronous=FULL`), with a reserve beside it. */
export const createSqliteEngine = (options: SqliteEngineOptions): SpoolEngine => {
  const { file, reserveBytes } = options
  const reserve = createReserve(`${file}.reserve`, path.dirname(file), reserveBytes)
  let open = openStatements(openWithReserve(options), reserveBytes)
  let damagedFiles = countDamaged(file)
  let lastId = open.lastId()
  /** While the reserve is away the file must leave most of its room to the log, or nothing could be released. */
  const limitGrowth = (): void => open.limitPages(reserve.held ? undefined : reserveBytes * GROWTH_SHARE)
  reserve.regain()
  limitGrowth()
  let closed = false

  /** A repair that failed has left the file closed: as damaged as before, so that it is tried again. */
  const requireRepaired = (): void => {
    if (!closed && !open.database.isOpen) throw new SpoolFailure('damaged', 'its repair has failed')
  }

  const transaction: SpoolEngine['transaction'] = (work, { durable }) => {
    const before = lastId
    try {
      requireRepaired()
      open.setDurable(durable)
      open.database.exec('BEGIN IMMEDIATE')
      work()
      open.database.exec('COMMIT')
    } catch (cause) {
      lastId = before
      rollBack(open.database)
      throw failureOf(cause)
    }
  }

  const attempt = <T>(run: () => T): T => {
    try {
      requireRepaired()
      return run()
    } catch (cause) {
      throw failureOf(cause)
    }
  }

  /** On a full disk there may be room without the reserve. */
  const replace = (cause: unknown): DatabaseSync => {
    try {
      return replaceDamaged(options, cause)
    } catch (error) {
      if (failureOf(error).kind !== 'full' || !reserve.giveUp()) throw error
      return replaceDamaged(options, cause)
    }
  }

  return {
    transaction,
    insert({ datastream, timeMs, value, unit }) {
      const id = lastId + 1
      const row = { id, datastream, timeMs, value, ...(unit !== undefined && { unit }) }
      open.insert.run(id, datastream, timeMs, value, unit ?? null, rowCheck(row))
      lastId = id
    },
    remove({ fromId, toId }) {
      open.remove.run(fromId, toId)
    },
    setAside({ id, datastream, timeMs, value, unit }, reason, atMs) {
      open.setAside.run(id, datastream, timeMs, value, unit ?? null, reason.slice(0, 500), atMs)
      open.remove.run(id, id)
      open.forgetRejected.run(MOST_REJECTED)
    },
    addTo: (counter, by) => void open.addTo.run(by, counter),
    rows: (limit, afterId, untilId) => attempt(() => open.select.all(afterId, untilId, limit).map(toRow)),
    measure: ({ fromId, toId }) =>
      attempt(() => {
        const row = open.measure.get(fromId, toId)
        return { count: Number(row?.['count']), bytes: Number(row?.['bytes']) }
      }),
    counter: (name) => attempt(() => Number(open.counter.get(name)?.['value'] ?? 0)),
    lastId: () => lastId,
    yieldReserve() {
      if (!reserve.giveUp()) return false
      limitGrowth()
      return true
    },
    regainReserve() {
      if (reserve.held) return true
      if (reserve.regain()) limitGrowth()
      return reserve.held
    },
    repair(cause) {
      closeQuietly(open.database)
      try {
        open = openStatements(replace(cause), reserveBytes)
      } catch (error) {
        throw failureOf(error)
      }
      attempt(() => {
        damagedFiles += 1
        lastId = Math.max(lastId, open.lastId())
        limitGrowth()
      })
    },
    damagedFiles: () => damagedFiles,
    close() {
      closed = true
      if (open.database.isOpen) open.database.close()
    },
  }
}

/** A full disk may refuse even the opening: then the reserve goes first. */
const openWithReserve = (options: SqliteEngineOptions): DatabaseSync => {
  try {
    return openSpoolFile(options)
  } catch (error) {
    if (!(error instanceof SpoolFailure) || error.kind !== 'full') throw error
    rmSync(`${options.file}.reserve`, { force: true })
    return openSpoolFile(options)
  }
}

const openStatements = (database: DatabaseSync, reserveBytes: number) => {
  const checkpointPages = Math.max(64, Math.floor((reserveBytes * CHECKPOINT_SHARE) / PAGE_BYTES))
  database.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`)
  let isDurable = true
  return {
    database,
    insert: database.prepare(
      'INSERT INTO rows (id, datastream, timeMs, value, unit, rowCheck) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    select: database.prepare(
      `SELECT id, datastream, timeMs, value, unit, rowCheck FROM rows
       WHERE id > ? AND id <= ? ORDER BY id LIMIT ?`,
    ),
    remove: database.prepare('DELETE FROM rows WHERE id BETWEEN ? AND ?'),
    setAside: database.prepare('INSERT OR REPLACE INTO rejected VALUES (?, ?, ?, ?, ?, ?, ?)'),
    forgetRejected: database.prepare(
      'DELETE FROM rejected WHERE id <= (SELECT id FROM rejected ORDER BY id DESC LIMIT 1 OFFSET ?)',
    ),
    measure: database.prepare(`SELECT count(*) AS count, ${SUM_OF_BYTES} FROM rows WHERE id BETWEEN ? AND ?`),
    addTo: database.prepare('UPDATE counters SET value = value + ? WHERE name = ?'),
    counter: database.prepare('SELECT value FROM counters WHERE name = ?'),
    lastId: (): number => {
      const sequence = database.prepare(`SELECT seq FROM sqlite_sequence WHERE name = 'rows'`).get()
      const greatest = database.prepare('SELECT max(id) AS id FROM rows').get()
      return Math.max(Number(sequence?.['seq'] ?? 0), Number(greatest?.['id'] ?? 0))
    },
    /** With `NORMAL` a commit is written but not yet flushed: enough for `kill -9`, not for power loss. */
    setDurable(durable: boolean): void {
      if (durable === isDurable) return
      database.exec(`PRAGMA synchronous = ${durable ? 'FULL' : 'NORMAL'}`)
      isDurable = durable
    },
    /** Lets the file grow by so many bytes more, or, when undefined, without end. */
    limitPages(growthBytes: number | undefined): void {
      const pages = Number(database.prepare('PRAGMA page_count').get()?.['page_count'] ?? 0)
      const most = growthBytes === undefined ? MOST_PAGES : pages + Math.floor(growthBytes / PAGE_BYTES)
      database.exec(`PRAGMA max_page_count = ${most}`)
    },
  }
}

const SUM_OF_BYTES = `coalesce(sum(${ROW_OVERHEAD_BYTES} + octet_length(datastream) + coalesce(octet_length(unit), 0)), 0) AS bytes`

/** Throws `SpoolFailure` when the row is not as it was written. */
const toRow = (columns: Record<string, unknown>): SpoolRow => {
  const row = {
    id: Number(columns['id']),
    datastream: String(columns['datastream']),
    timeMs: Number(columns['timeMs']),
    value: Number(columns['value']),
    ...(typeof columns['unit'] === 'string' && { unit: columns['unit'] }),
  }
  if (columns['rowCheck'] === null || columns['rowCheck'] === rowCheck(row)) return row
  throw new SpoolFailure('damaged', `row ${row.id} is not as it was written`)
}

const rollBack = (database: DatabaseSync): void => {
  try {
    if (database.isOpen && database.isTransaction) database.exec('ROLLBACK')
  } catch {
    // What failed to commit is undone by SQLite when the file is opened again.
  }
}

const closeQuietly = (database: DatabaseSync): void => {
  try {
    database.close()
  } catch {
    // It is set aside anyway.
  }
}
