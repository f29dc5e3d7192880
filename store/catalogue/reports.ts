import type { DatabaseSync } from 'node:sqlite'
import { NadiError } from '../../city/errors.ts'
import { closesReport, type ReportCategory, type ReportStatus, type Told } from '../../city/reports.ts'
import { queryOf } from '../sqlite.ts'
import { hashSecret, makeSecret } from './secrets.ts'

/** What a citizen told of a building, and what became of it. Nothing here says who it was. */
export interface Report {
  id: number
  building: string
  /** Path below the building. */
  zone: string | null
  category: ReportCategory
  /** Null once it was erased. */
  text: string | null
  status: ReportStatus
  outcome: Told
  createdMs: number
  changedMs: number
  closedMs: number | null
}

export interface ReportPage {
  beforeId?: number | undefined
  building?: string | undefined
  status?: ReportStatus | undefined
  limit?: number
}

export interface ReportTable {
  /** Keeps it and returns it with the token of its private link, which is kept only as a hash. */
  add(report: Pick<Report, 'building' | 'zone' | 'category' | 'createdMs'> & { text: string }): {
    report: Report
    token: string
  }
  /** The one whose link has this token. */
  byToken(token: string): Report | undefined
  find(id: number): Report | undefined
  /** Newest first. */
  list(page?: ReportPage): Report[]
  /** How many are not closed. */
  open(): number
  /** Throws `not-found`. */
  change(id: number, to: { status: ReportStatus; outcome: Told; changedMs: number }): Report
  /**
   * Takes the texts out of those that were closed before, so that the file holds no copy either; returns how many. Not
   * inside a transaction.
   */
  eraseTexts(closedBeforeMs: number): number
}

interface Row extends Omit<Report, 'outcome'> {
  outcomeId: string | null
  outcomeEn: string | null
}

export const reportTable = (db: DatabaseSync): ReportTable => {
  const columns = `id, building, zone, category, text, status, outcome_id AS outcomeId, outcome_en AS outcomeEn,
    created_ms AS createdMs, changed_ms AS changedMs, closed_ms AS closedMs`
  const insert = db.prepare(
    `INSERT INTO report (token_hash, building, zone, category, text, status, created_ms, changed_ms)
     VALUES (?, ?, ?, ?, ?, 'received', ?, ?)`,
  )
  // As with sessions: the hash of a guess cannot be steered, so looking it up in an index tells nothing.
  const byToken = queryOf<Row>(db.prepare(`SELECT ${columns} FROM report WHERE token_hash = ?`))
  const byId = queryOf<Row>(db.prepare(`SELECT ${columns} FROM report WHERE id = ?`))
  const open = queryOf<{ count: number }>(
    db.prepare('SELECT count(*) AS count FROM report WHERE closed_ms IS NULL'),
  )
  const list = queryOf<Row>(
    db.prepare(
      `SELECT ${columns} FROM report WHERE id < ?1 AND (?2 IS NULL OR building = ?2)
         AND (?3 IS NULL OR status = ?3) ORDER BY id DESC LIMIT ?4`,
    ),
  )
  const change = db.prepare(
    `UPDATE report SET status = ?, outcome_id = ?, outcome_en = ?, changed_ms = ?, closed_ms = ? WHERE id = ?`,
  )
  const erase = db.prepare('UPDATE report SET text = NULL WHERE closed_ms < ? AND text IS NOT NULL')

  const find = (id: number): Report | undefined => toReport(byId.get(id))
  return {
    add({ building, zone, category, text, createdMs }) {
      const token = makeSecret()
      const { lastInsertRowid } = insert.run(
        hashSecret(token),
        building,
        zone,
        category,
        text,
        createdMs,
        createdMs,
      )
      const id = Number(lastInsertRowid)
      const report: Report = {
        id,
        building,
        zone,
        category,
        text,
        status: 'received',
        outcome: {},
        createdMs,
        changedMs: createdMs,
        closedMs: null,
      }
      return { report, token }
    },
    byToken: (token) => toReport(byToken.get(hashSecret(token))),
    find,
    list: ({ beforeId = Number.MAX_SAFE_INTEGER, building, status, limit = 100 } = {}) =>
      list.all(beforeId, building ?? null, status ?? null, limit).map(fromRow),
    open: () => open.get()?.count ?? 0,
    change(id, { status, outcome, changedMs }) {
      const known = find(id)
      if (!known) throw new NadiError('not-found', `There is no report ${id}. /v1/reports lists them.`)
      // One that was closed before stays closed since then: its text's time is not begun anew.
      const closedMs = closesReport(status) ? (known.closedMs ?? changedMs) : null
      change.run(status, outcome.id ?? null, outcome.en ?? null, changedMs, closedMs, id)
      return { ...known, status, outcome, changedMs, closedMs }
    },
    eraseTexts(closedBeforeMs) {
      const erased = Number(erase.run(closedBeforeMs).changes)
      // The write-ahead log holds the pages as they were.
      if (erased > 0) db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      return erased
    },
  }
}

const toReport = (row: Row | undefined): Report | undefined => row && fromRow(row)

const fromRow = ({ outcomeId, outcomeEn, ...row }: Row): Report => ({
  ...row,
  outcome: { ...(outcomeId !== null && { id: outcomeId }), ...(outcomeEn !== null && { en: outcomeEn }) },
})
