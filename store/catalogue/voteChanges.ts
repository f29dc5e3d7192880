import type { DatabaseSync } from 'node:sqlite'
import { NadiError } from '../../city/errors.ts'
import type { Told } from '../../city/reports.ts'
import { queryOf } from '../sqlite.ts'

/** What was done because of votes, as an operator tells it. */
export interface VoteChange {
  id: number
  building: string
  /** Path below the building. */
  zone: string | null
  /** Local date, `2026-11-23`. */
  day: string
  text: Told
  createdMs: number
  /** A key's or a person's id. */
  createdBy: string
}

export interface VoteChangeTable {
  add(change: Omit<VoteChange, 'id'>): VoteChange
  /** Newest first; of one building, or all. */
  list(options?: { building?: string | undefined; limit?: number }): VoteChange[]
  count(): number
  /** Returns what was removed. Throws `not-found`. */
  remove(id: number): VoteChange
}

interface Row extends Omit<VoteChange, 'text'> {
  textId: string | null
  textEn: string | null
}

export const voteChangeTable = (db: DatabaseSync): VoteChangeTable => {
  const columns =
    'id, building, zone, day, text_id AS textId, text_en AS textEn, created_ms AS createdMs, created_by AS createdBy'
  const insert = db.prepare(
    `INSERT INTO vote_change (building, zone, day, text_id, text_en, created_ms, created_by)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  )
  const remove = db.prepare('DELETE FROM vote_change WHERE id = ?')
  const one = queryOf<Row>(db.prepare(`SELECT ${columns} FROM vote_change WHERE id = ?`))
  const count = queryOf<{ count: number }>(db.prepare('SELECT count(*) AS count FROM vote_change'))
  const list = queryOf<Row>(
    db.prepare(
      `SELECT ${columns} FROM vote_change WHERE ?1 IS NULL OR building = ?1
       ORDER BY day DESC, id DESC LIMIT ?2`,
    ),
  )
  return {
    add(change) {
      const { building, zone, day, text, createdMs, createdBy } = change
      const id = Number(
        insert.run(building, zone, day, text.id ?? null, text.en ?? null, createdMs, createdBy)
          .lastInsertRowid,
      )
      return { id, building, zone, day, text, createdMs, createdBy }
    },
    list: ({ building, limit = 100 } = {}) => list.all(building ?? null, limit).map(fromRow),
    count: () => count.get()?.count ?? 0,
    remove(id) {
      const row = one.get(id)
      if (!row) throw new NadiError('not-found', `There is no change ${id}. /v1/votes/changes lists them.`)
      remove.run(id)
      return fromRow(row)
    },
  }
}

const fromRow = ({ textId, textEn, ...row }: Row): VoteChange => ({
  ...row,
  text: { ...(textId !== null && { id: textId }), ...(textEn !== null && { en: textEn }) },
})
