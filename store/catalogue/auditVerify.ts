import { setImmediate as nextTurn } from 'node:timers/promises'
import { FIRST_PREVIOUS_HASH, hashOf } from './auditChain.ts'
import type { StoredEntry } from './audit.ts'
import type { AuditHead, AuditPage, AuditVerification } from './catalogue.ts'

/** Entries that are checked in one turn: about 10 ms. */
const ENTRIES_A_TURN = 5_000

/**
 * Walks the whole chain and tells the first broken link. `anchors` are heads that were noted outside the database, and
 * `head` is a hash that an administrator noted elsewhere: a log that was cut off, or written anew from some entry on,
 * is whole in itself and is found by them alone.
 */
export const verifyAudit = async (
  read: (page: AuditPage) => readonly StoredEntry[],
  { anchors, head }: { anchors: readonly AuditHead[]; head?: string | undefined },
): Promise<AuditVerification> => {
  // The oldest note of an entry holds: a log that was cut off and has grown again is noted once more.
  const anchored = new Map(anchors.toReversed().map((anchor) => [anchor.seq, anchor]))
  let last: AuditHead = { seq: 0, timeMs: 0, hash: FIRST_PREVIOUS_HASH }
  let found = head === undefined || head === last.hash
  const endKnown = anchors.length > 0 || head !== undefined
  const broken = (seq: number, reason: string): AuditVerification => ({
    entries: last.seq,
    head: last,
    endKnown,
    problem: { seq, reason },
  })
  for (;;) {
    const page = read({ afterSeq: last.seq, limit: ENTRIES_A_TURN })
    for (const entry of page) {
      const reason = problemOf(entry, last, anchored.get(entry.seq))
      if (reason !== undefined) return broken(last.seq + 1, reason)
      last = { seq: entry.seq, timeMs: entry.timeMs, hash: entry.hash }
      found ||= entry.hash === head
    }
    if (page.length < ENTRIES_A_TURN) break
    await nextTurn()
  }
  const beyond = anchors.find(({ seq }) => seq > last.seq)
  if (beyond) {
    return broken(
      last.seq + 1,
      `the log ends at entry ${last.seq}, but reached ${beyond.seq} once: its end was cut off`,
    )
  }
  if (!found)
    return broken(
      last.seq + 1,
      `no entry has the hash ${head}: the log was cut off before it, or written anew`,
    )
  return { entries: last.seq, head: last, endKnown: endKnown || last.seq === 0, problem: null }
}

const problemOf = (
  entry: StoredEntry,
  last: AuditHead,
  anchor: AuditHead | undefined,
): string | undefined => {
  if (entry.seq !== last.seq + 1) return `entry ${last.seq + 1} is missing: ${entry.seq} follows ${last.seq}`
  if (entry.previousHash !== last.hash) return `entry ${entry.seq} does not follow entry ${last.seq}`
  if (hashOf(entry) !== entry.hash)
    return `entry ${entry.seq} was changed: its hash is not that of what it says`
  if (anchor && anchor.hash !== entry.hash) {
    return `entry ${entry.seq} is not the one that was noted at ${new Date(anchor.timeMs).toISOString()}: the log was written anew`
  }
  return undefined
}
