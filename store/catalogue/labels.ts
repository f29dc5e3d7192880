import type { DatabaseSync } from 'node:sqlite'
import { NadiError } from '../../city/errors.ts'
import { queryOf } from '../sqlite.ts'
import type { KeptLabel, LabelTable } from './catalogue.ts'

/** Periods that people have marked as bad. Few, so all are kept. */
export const labelTable = (db: DatabaseSync): LabelTable => {
  const insert = db.prepare(
    'INSERT INTO label (about, from_ms, to_ms, reason, created_ms, created_by) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const remove = db.prepare('DELETE FROM label WHERE id = ?')
  const columns =
    'id, about, from_ms AS fromMs, to_ms AS toMs, reason, created_ms AS createdMs, created_by AS createdBy'
  const one = queryOf<KeptLabel>(db.prepare(`SELECT ${columns} FROM label WHERE id = ?`))
  const all = queryOf<KeptLabel>(db.prepare(`SELECT ${columns} FROM label ORDER BY id`))
  return {
    add(label) {
      const { about, fromMs, toMs, reason, createdMs, createdBy } = label
      const id = Number(insert.run(about, fromMs, toMs, reason, createdMs, createdBy).lastInsertRowid)
      return { id, about, fromMs, toMs, reason, createdMs, createdBy }
    },
    list: () => all.all().map((label) => ({ ...label })),
    remove(id) {
      const [label] = one.all(id)
      if (!label) {
        throw new NadiError(
          'not-found',
          `There is no label ${id}. "npx nadi label list" shows what there is.`,
        )
      }
      remove.run(id)
      return { ...label }
    },
  }
}
