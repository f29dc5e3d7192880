import type { DatabaseSync } from 'node:sqlite'
import { atomically, queryOf } from '../sqlite.ts'
import type { ListedPack, QuarantinedPack, QuarantinePage, QuarantineTable } from './catalogue.ts'

/**
 * What arrived and could not be understood. Each device has room for `maxBytesPerDevice`; beyond it the device's own
 * oldest packs go, so that one broken device never pushes out what another one sent.
 */
export const quarantineTable = (
  db: DatabaseSync,
  maxBytesPerDevice: number,
  onDropped: (device: string, packs: number) => void,
): QuarantineTable & { recount(): void } => {
  const insert = db.prepare(
    'INSERT INTO quarantine (device, topic, arrived_ms, reason, payload, size_bytes) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const columns = 'id, device, topic, arrived_ms AS arrivedMs, reason'
  const page = 'FROM quarantine WHERE id > ?1 AND (?2 IS NULL OR device = ?2) ORDER BY id LIMIT ?3'
  const listed = queryOf<ListedPack>(
    db.prepare(
      // `substr` of an empty blob is null.
      `SELECT ${columns}, coalesce(substr(payload, 1, ${START_BYTES}), x'') AS payloadStart, length(payload) AS payloadBytes ${page}`,
    ),
  )
  const ids = queryOf<{ id: number }>(db.prepare(`SELECT id ${page}`))
  const one = queryOf<QuarantinedPack>(db.prepare(`SELECT ${columns}, payload FROM quarantine WHERE id = ?`))
  const oldest = queryOf<{ id: number; sizeBytes: number }>(
    db.prepare('SELECT id, size_bytes AS sizeBytes FROM quarantine WHERE device = ? ORDER BY id LIMIT 1'),
  )
  const sizeOfPack = queryOf<{ device: string; sizeBytes: number }>(
    db.prepare('SELECT device, size_bytes AS sizeBytes FROM quarantine WHERE id = ?'),
  )
  const remove = db.prepare('DELETE FROM quarantine WHERE id = ?')
  const count = db.prepare(
    `INSERT INTO quarantine_count (device, added, dropped) VALUES (?1, ?2, ?3)
     ON CONFLICT (device) DO UPDATE SET added = added + ?2, dropped = dropped + ?3`,
  )
  const totals = queryOf<{ added: number; dropped: number }>(
    db.prepare(
      'SELECT coalesce(sum(added), 0) AS added, coalesce(sum(dropped), 0) AS dropped FROM quarantine_count',
    ),
  )
  const sizes = queryOf<{ device: string; sizeBytes: number }>(
    db.prepare('SELECT device, sum(size_bytes) AS sizeBytes FROM quarantine GROUP BY device'),
  )
  const heldBytes = new Map<string, number>()
  const recount = (): void => {
    heldBytes.clear()
    for (const { device, sizeBytes } of sizes.all()) heldBytes.set(device, sizeBytes)
  }
  recount()

  const addOne = (pack: Omit<QuarantinedPack, 'id'>): void => {
    const reason = pack.reason.slice(0, MAX_REASON_LENGTH)
    const sizeBytes = pack.payload.byteLength + pack.topic.length + reason.length + ROW_BYTES
    insert.run(pack.device, pack.topic, pack.arrivedMs, reason, pack.payload, sizeBytes)
    let held = (heldBytes.get(pack.device) ?? 0) + sizeBytes
    let dropped = 0
    while (held > maxBytesPerDevice) {
      const first = oldest.get(pack.device)
      if (!first) break
      remove.run(first.id)
      held -= first.sizeBytes
      dropped += 1
    }
    heldBytes.set(pack.device, held)
    count.run(pack.device, 1, dropped)
    if (dropped > 0) onDropped(pack.device, dropped)
  }
  const addAll = (packs: readonly Omit<QuarantinedPack, 'id'>[]): void => {
    if (packs.length > 0) atomically(db, () => packs.forEach(addOne), recount)
  }

  return {
    recount,
    add: (pack) => addAll([pack]),
    addAll,
    list: (wanted) => listed.all(...pageOf(wanted)).map((pack) => ({ ...pack })),
    ids: (wanted) => ids.all(...pageOf(wanted)).map(({ id }) => id),
    find(id) {
      const pack = one.get(id)
      return pack && { ...pack }
    },
    remove(id) {
      const pack = sizeOfPack.get(id)
      if (!pack) return
      remove.run(id)
      heldBytes.set(pack.device, (heldBytes.get(pack.device) ?? 0) - pack.sizeBytes)
    },
    count: () => totals.get()?.added ?? 0,
    dropped: () => totals.get()?.dropped ?? 0,
  }
}

const pageOf = ({ device, afterId = 0, limit = 100 }: QuarantinePage = {}) =>
  [afterId, device ?? null, limit] as const

/** What is listed of each payload: 500 characters of text, whichever they are. */
const START_BYTES = 2_000
const MAX_REASON_LENGTH = 1_000
/** What a row takes beside its texts and payload, roughly. */
const ROW_BYTES = 64
