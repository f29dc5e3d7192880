import path from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Logger } from 'pino'
import { atomically } from '../sqlite.ts'
import { auditReader, auditTable } from './audit.ts'
import { anchorsFile, createAuditAnchors, readAnchors } from './auditAnchors.ts'
import { createAuditCounts } from './auditCounts.ts'
import { verifyAudit } from './auditVerify.ts'
import type { AuditLog } from './catalogue.ts'

/** How often the head is noted outside the database while the city runs. */
const ANCHOR_EVERY_MS = 600_000

/** The audit log of a catalogue's file: its table, the numbers of what comes often, and the heads noted beside it. */
export const createAuditLog = (parts: {
  db: DatabaseSync
  /** The catalogue's file; the anchors lie beside it. */
  file: string
  now: () => number
  log: Logger
}): AuditLog & {
  /** Called now and then: writes the numbers of hours that are over, and an anchor when one is due. */
  tick: () => void
  /** Writes everything that is only in memory, and an anchor. */
  finish: () => void
} => {
  const { db, now, log } = parts
  const anchors = anchorsFile(parts.file)
  const { record, list, head } = auditTable(db, now)
  const counts = createAuditCounts({ record, transaction: (run) => atomically(db, run), now })
  const read = auditReader(db)
  const { note } = createAuditAnchors(anchors)
  let notedMs = -Infinity

  const anchor = (): void => {
    notedMs = now()
    try {
      note(head())
    } catch (error) {
      log.warn({ err: error, file: anchors }, 'the head of the audit log could not be noted beside it')
    }
  }
  const newest = readAnchors(anchors).at(-1)
  let isAnchored = newest !== undefined
  if (!isAnchored && head().seq > 0) {
    log.error({ file: anchors }, 'the heads of the audit log that were noted beside it are gone')
    // Whoever took them away may have cut the log off before: that it happened must stay on record.
    record({
      actor: { kind: 'city', id: 'audit' },
      action: 'audit.anchors-gone',
      subject: path.basename(anchors),
    })
  }
  if (newest && newest.seq > head().seq) {
    log.error(
      { entries: head().seq, once: newest.seq },
      'the audit log is shorter than it was: run "npx nadi audit verify"',
    )
  }
  anchor()
  /** A new log has nothing to note when it is opened; its first entry is not to wait for long. */
  const anchorFirst = (): void => {
    if (isAnchored || head().seq === 0) return
    isAnchored = true
    anchor()
  }

  return {
    record,
    list,
    head,
    access: counts.access,
    repeat: counts.repeat,
    verify(expected) {
      anchorFirst()
      return verifyAudit(read, { anchors: readAnchors(anchors), head: expected?.head })
    },
    tick() {
      counts.flush()
      anchorFirst()
      if (now() - notedMs >= ANCHOR_EVERY_MS || now() < notedMs) anchor()
    },
    finish() {
      counts.flush(true)
      anchor()
    },
  }
}
