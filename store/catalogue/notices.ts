import type { DatabaseSync } from 'node:sqlite'
import { queryOf } from '../sqlite.ts'
import type { Notice, NoticeTable } from './catalogue.ts'

/** What flows and alarms tell the operators. The newest `MAX_NOTICES` are kept: a flow in a loop fills no disk. */
export const noticeTable = (db: DatabaseSync): NoticeTable => {
  const insert = db.prepare(
    'INSERT INTO notice (created_ms, severity, about, message, source) VALUES (?, ?, ?, ?, ?)',
  )
  const trim = db.prepare('DELETE FROM notice WHERE id <= ?')
  const page = queryOf<Notice>(
    db.prepare(
      `SELECT id, created_ms AS createdMs, severity, about, message, source FROM notice
       WHERE id < ? ORDER BY id DESC LIMIT ?`,
    ),
  )
  return {
    add(notice) {
      const { createdMs, severity, about, message, source } = notice
      const id = Number(insert.run(createdMs, severity, about, message, source).lastInsertRowid)
      // Trimmed in steps, so that most notices cost one write.
      if (id % TRIM_EVERY === 0) trim.run(id - MAX_NOTICES)
      return { id, createdMs, severity, about, message, source }
    },
    list: ({ beforeId = Number.MAX_SAFE_INTEGER, limit = 100 } = {}) =>
      page.all(beforeId, limit).map((notice) => ({ ...notice })),
  }
}

const MAX_NOTICES = 10_000
const TRIM_EVERY = 100
