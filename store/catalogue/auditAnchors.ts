import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs'
import path from 'node:path'
import type { AuditHead } from './catalogue.ts'

/**
 * Heads of the audit log, noted in a file beside the catalogue, a line of JSON each: whoever cuts the log off, or
 * writes it anew, in the database alone is found out by them. At most two files of `MAX_BYTES`.
 */
export interface AuditAnchors {
  /** Notes a head unless it was the last one noted; durable when it returns. */
  note: (head: AuditHead) => void
}

const MAX_BYTES = 1_000_000

/** The file of a catalogue's anchors. */
export const anchorsFile = (catalogueFile: string): string =>
  path.join(path.dirname(catalogueFile), 'audit-anchors.jsonl')

export const createAuditAnchors = (file: string): AuditAnchors => {
  let lastSeq = readAnchors(file).at(-1)?.seq ?? 0
  // A line that a power cut left half must not take the next one along.
  let lead = /[^\n]$/.test(textOf(file)) ? '\n' : ''
  return {
    note(head) {
      if (head.seq === lastSeq) return
      if (sizeOf(file) > MAX_BYTES) renameSync(file, olderOf(file))
      const handle = openSync(file, 'a', 0o600)
      try {
        writeSync(handle, `${lead}${JSON.stringify(head)}\n`)
        fsyncSync(handle)
      } finally {
        closeSync(handle)
      }
      lead = ''
      lastSeq = head.seq
    },
  }
}

/** All anchors that are kept, oldest first; a line that a power cut left half is passed over. */
export const readAnchors = (file: string): AuditHead[] =>
  [olderOf(file), file].flatMap((name) => textOf(name).split('\n')).flatMap(parsed)

const olderOf = (file: string): string => `${file}.old`

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0

const parsed = (line: string): AuditHead[] => {
  try {
    const { seq, timeMs, hash }: AuditHead = JSON.parse(line)
    return Number.isSafeInteger(seq) && typeof hash === 'string' ? [{ seq, timeMs, hash }] : []
  } catch {
    return []
  }
}
