import type { DatabaseSync } from 'node:sqlite'
import { queryOf } from '../sqlite.ts'
import type { BirthTable } from './catalogue.ts'

/** The last birth of each device, as it came. */
export const birthTable = (db: DatabaseSync): BirthTable => {
  const find = queryOf<{ payload: Uint8Array }>(db.prepare('SELECT payload FROM birth WHERE device = ?'))
  const all = queryOf<{ device: string; payload: Uint8Array }>(
    db.prepare('SELECT device, payload FROM birth'),
  )
  const set = db.prepare(
    `INSERT INTO birth (device, payload) VALUES (?, ?)
     ON CONFLICT (device) DO UPDATE SET payload = excluded.payload`,
  )
  const remove = db.prepare('DELETE FROM birth WHERE device = ?')
  return {
    keep(device, payload) {
      // A device that reconnects says the same again: that must not cost a write.
      const kept = find.get(device)
      if (kept !== undefined && Buffer.from(kept.payload).equals(payload)) return
      set.run(device, payload)
    },
    remove: (device) => void remove.run(device),
    list: () => all.all(),
  }
}
