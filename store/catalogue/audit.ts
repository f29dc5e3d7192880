import type { DatabaseSync } from 'node:sqlite'
import { NadiError } from '../../city/errors.ts'
import { atomically, queryOf } from '../sqlite.ts'
import { canonicalDetail, FIRST_PREVIOUS_HASH, hashOf } from './auditChain.ts'
import type { AuditEntry, AuditHead, AuditPage, NewAuditEntry } from './catalogue.ts'

/** The audit log's table: entries are added at its end and never changed; the schema's triggers see to that, too. */
export interface AuditTable {
  record: (entry: NewAuditEntry) => AuditEntry
  list: (page?: AuditPage) => AuditEntry[]
  head: () => AuditHead
}

export const auditTable = (db: DatabaseSync, now: () => number): AuditTable => {
  const insert = db.prepare(
    `INSERT INTO audit (seq, time_ms, actor_kind, actor_id, action, subject, detail, previous_hash, hash)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  // Asked each time and not remembered: a transaction that is undone takes its entries along.
  const newest = queryOf<AuditHead>(
    db.prepare('SELECT seq, time_ms AS timeMs, hash FROM audit ORDER BY seq DESC LIMIT 1'),
  )
  const entries = auditReader(db)

  return {
    record({ actor, action, subject, detail = {} }) {
      try {
        return atomically(db, () => {
          const last = newest.get()
          const entry = {
            seq: (last?.seq ?? 0) + 1,
            timeMs: now(),
            actor: { kind: actor.kind, id: actor.id.slice(0, MAX_TEXT) },
            action,
            subject: subject.slice(0, MAX_TEXT),
            detail: canonicalDetail(detail),
            previousHash: last?.hash ?? FIRST_PREVIOUS_HASH,
          }
          const hash = hashOf(entry)
          insert.run(
            entry.seq,
            entry.timeMs,
            entry.actor.kind,
            entry.actor.id,
            entry.action,
            entry.subject,
            entry.detail,
            entry.previousHash,
            hash,
          )
          return { ...entry, detail, hash }
        })
      } catch (cause) {
        throw new NadiError(
          'store-unavailable',
          'The audit log cannot be written, so nothing was done. Check the disk of the data folder.',
          { cause },
        )
      }
    },
    list: (page) => entries(page).map(({ detail, ...entry }) => ({ ...entry, detail: JSON.parse(detail) })),
    head: () => ({ ...(newest.get() ?? NO_ENTRY) }),
  }
}

/** An entry whose detail is still the text that its hash was made of. */
export type StoredEntry = Omit<AuditEntry, 'detail'> & { detail: string }

/** Reads entries of a catalogue's file, ascending by `seq`, as they are stored. */
export const auditReader = (db: DatabaseSync): ((page?: AuditPage) => StoredEntry[]) => {
  const query = queryOf<
    Omit<StoredEntry, 'actor'> & { actorKind: AuditEntry['actor']['kind']; actorId: string }
  >(
    db.prepare(
      `SELECT seq, time_ms AS timeMs, actor_kind AS actorKind, actor_id AS actorId, action, subject, detail,
         previous_hash AS previousHash, hash FROM audit
       WHERE seq > ?1 AND time_ms >= ?2 AND (?3 IS NULL OR actor_id = ?3 OR actor_kind || ':' || actor_id = ?3)
         AND (?4 IS NULL OR action = ?4 OR substr(action, 1, length(?4) + 1) = ?4 || '.')
         AND (?6 IS NULL OR NOT (action = ?6 OR substr(action, 1, length(?6) + 1) = ?6 || '.'))
       ORDER BY seq LIMIT ?5`,
    ),
  )
  return ({ afterSeq = 0, sinceMs = 0, actor, action, except, limit = 100 } = {}) =>
    query
      .all(afterSeq, sinceMs, actor ?? null, action ?? null, limit, except ?? null)
      .map(({ actorKind, actorId, ...entry }) => ({ ...entry, actor: { kind: actorKind, id: actorId } }))
}

const NO_ENTRY: AuditHead = { seq: 0, timeMs: 0, hash: FIRST_PREVIOUS_HASH }
/** Longest name of an actor or subject, in characters. */
const MAX_TEXT = 500
