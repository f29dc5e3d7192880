import { HOUR_MS } from '../../city/partials.ts'
import type { AuditEntry, NewAuditEntry } from './catalogue.ts'

/**
 * Acts that may come thousands of times an hour, in a bounded number of entries. The first of its kind (same actor,
 * action and subject) in an hour is an entry of its own; the others of that hour are counted, and one entry tells
 * their number when the hour is over or the city stops. A crash loses at most that number, never that it was done.
 */
export interface AuditCounts {
  /** Resolves once the entry that covers this act is durable; rejects when it cannot be. Calls of one turn share a commit. */
  access: (entry: NewAuditEntry) => Promise<void>
  /** For what is told at its 1st, 2nd, 4th, 8th ... time of an hour, as guesses and forbidden publishes are. */
  repeat: (entry: NewAuditEntry) => void
  /** Writes the numbers of hours that are over, or of all when `all`. */
  flush(all?: boolean): void
}

export interface AuditCountsParts {
  record: (entry: NewAuditEntry) => AuditEntry
  /** Runs several records in one commit. */
  transaction: (run: () => void) => void
  now: () => number
}

interface Counted {
  entry: NewAuditEntry
  sinceMs: number
  count: number
  /** How many of them an entry tells of. */
  told: number
  durable: Promise<void>
}

/** Different acts that are counted at once; beyond it the numbers are written early. */
const MAX_COUNTED = 20_000

export const createAuditCounts = ({ record, transaction, now }: AuditCountsParts): AuditCounts => {
  let counted = new Map<string, Counted>()
  let hour = NaN
  let waiting: { counted: Counted; key: string; resolve: () => void; reject: (error: unknown) => void }[] = []

  const tell = (it: Counted): void => {
    const { entry, sinceMs, count } = it
    record({ ...entry, detail: { ...entry.detail, count, since: new Date(sinceMs).toISOString() } })
    it.told = count
  }

  const flush = (all = false): void => {
    const current = Math.floor(now() / HOUR_MS)
    if (!all && current === hour && counted.size < MAX_COUNTED) return
    writeWaiting()
    const untold = [...counted.values()].filter(({ count, told }) => count > told)
    if (untold.length > 0) transaction(() => untold.forEach(tell))
    counted = new Map()
    hour = current
  }

  /** What is counted under this entry in this hour; a new one has the count 0. */
  const find = (entry: NewAuditEntry): { key: string; it: Counted } => {
    flush()
    const { actor, action, subject } = entry
    const key = JSON.stringify([actor.kind, actor.id, action, subject])
    let it = counted.get(key)
    if (!it) counted.set(key, (it = { entry, sinceMs: now(), count: 0, told: 0, durable: Promise.resolve() }))
    return { key, it }
  }

  const writeWaiting = (): void => {
    const batch = waiting
    if (batch.length === 0) return
    waiting = []
    try {
      transaction(() => batch.forEach(({ counted: { entry } }) => record(entry)))
    } catch (error) {
      for (const { key, counted: failed, reject } of batch) {
        // The next access must not take this one for recorded.
        if (counted.get(key) === failed) counted.delete(key)
        reject(error)
      }
      return
    }
    for (const { counted: written, resolve } of batch) {
      written.told = Math.max(written.told, 1)
      resolve()
    }
  }

  return {
    flush,
    async access(entry) {
      const { key, it } = find(entry)
      it.count += 1
      if (it.count === 1) {
        it.durable = new Promise((resolve, reject) => waiting.push({ counted: it, key, resolve, reject }))
        if (waiting.length === 1) setImmediate(writeWaiting)
      }
      await it.durable
    },
    repeat(entry) {
      const { key, it } = find(entry)
      it.count += 1
      it.entry = entry
      if ((it.count & (it.count - 1)) !== 0) return
      try {
        if (it.count > 1) tell(it)
        else {
          record(entry)
          it.told = 1
        }
      } catch (error) {
        if (it.count === 1) counted.delete(key)
        throw error
      }
    },
  }
}
