import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { NadiError } from '../../city/errors.ts'
import { auditReader } from './audit.ts'
import { anchorsFile, readAnchors } from './auditAnchors.ts'
import { verifyAudit } from './auditVerify.ts'
import type { AuditVerification } from './catalogue.ts'

/**
 * Verifies the audit log of a catalogue that no city of ours has open: `where` is a data folder or the file
 * `catalogue.sqlite` itself; anchors are read from beside it. Changes nothing. Throws `invalid-input`.
 */
export const verifyAuditFile = async (
  where: string,
  expected: { head?: string | undefined },
): Promise<AuditVerification> => {
  const file = isFolder(where) ? path.join(where, 'catalogue.sqlite') : where
  if (!existsSync(file)) throw unusable(file)
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(file, { readOnly: true })
    return await verifyAudit(auditReader(db), {
      anchors: readAnchors(anchorsFile(file)),
      head: expected.head,
    })
  } catch (cause) {
    throw unusable(file, cause)
  } finally {
    db?.close()
  }
}

const isFolder = (where: string): boolean =>
  statSync(where, { throwIfNoEntry: false })?.isDirectory() ?? false

const unusable = (file: string, cause?: unknown): NadiError =>
  new NadiError(
    'invalid-input',
    `${file} holds no audit log that can be read. Name a data folder of Nadi, or the catalogue.sqlite of one.`,
    { cause },
  )
