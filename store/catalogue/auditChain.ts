import { createHash } from 'node:crypto'
import type { AuditEntry } from './catalogue.ts'

/**
 * The chain that holds the audit log together: each entry's hash covers all that the entry says and the hash of the
 * one before it, so that nothing in the middle can be changed, taken out or moved without every later hash changing.
 */

/** What the first entry follows: no entry has this hash. */
export const FIRST_PREVIOUS_HASH = '0'.repeat(64)

/**
 * SHA-256, in hexadecimal, over the JSON array `["nadi-audit-1", seq, timeMs, actor's kind, actor's id, action,
 * subject, detail, previous hash]` in UTF-8. `detail` stands in it as the text that `canonicalDetail` made.
 */
export const hashOf = (entry: Omit<AuditEntry, 'hash' | 'detail'> & { detail: string }): string => {
  const { seq, timeMs, actor, action, subject, detail, previousHash } = entry
  const text = JSON.stringify([
    'nadi-audit-1',
    seq,
    timeMs,
    actor.kind,
    actor.id,
    action,
    subject,
    detail,
    previousHash,
  ])
  return createHash('sha256').update(text).digest('hex')
}

/** A detail as the one text that stands for it: its keys in order. */
export const canonicalDetail = (detail: AuditEntry['detail']): string =>
  JSON.stringify(detail, Object.keys(detail).sort())
