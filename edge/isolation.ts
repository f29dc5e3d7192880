import type { IdRange } from './spoolEngine.ts'

/**
 * Finds the row on which a broker ends the connection again and again, so that it does not hold up the spool for
 * ever. Connections that end with packs unacknowledged are counted; when several in a row had the same rows under way,
 * packs are sent one at a time, and the one that fails is halved until one row is left. That row is passed over, and
 * tried alone once the connection has acknowledged another pack. When it fails then, and the next connection begins
 * with an acknowledgement, that failure counts; otherwise the broker is down or its store in trouble, which is no
 * reason to reject anything. After `failuresToReject` of them, the last a good while after the one before, the row is
 * rejected. Lives as long as the uplink, across connections.
 */
export interface Isolation {
  /** True while packs go one at a time, from the oldest row on. */
  readonly careful: boolean
  /** Most rows of a pack that begins with this row. */
  limitAt(id: number, usual: number): number
  /** The row that is to be tried alone next, for this connection has acknowledged another pack, and in how long. */
  retry(): { id: number; inMs: number } | undefined
  /** True for a row that is tried alone, and passed over until then. */
  isAccused(id: number): boolean
  /** The row is gone, by whatever way. */
  forget(id: number): void
  /** All rows before this one are acknowledged or accused. */
  reached(id: number): void
  /** Answers the id of a row to reject. */
  acknowledged(range: IdRange): number | undefined
  /** The connection ended with these packs unacknowledged. */
  ended(unacknowledged: readonly Unacknowledged[]): void
}

export interface Unacknowledged {
  range: IdRange
  rows: number
}

export interface IsolationLimits {
  /** Connections in a row that end with the same rows under way before packs go one at a time. */
  endingsToSuspect: number
  failuresToReject: number
  /** Between a row's last failure but one and the last, on which it is rejected. */
  lastTryAfterMs: number
}

interface Accused {
  id: number
  failures: number
  /** By the clock, for the next time. */
  dueMs: number
}

/** Beyond this many rows that all seem to end connections it is the broker, whatever else was acknowledged. */
const MOST_ACCUSED = 50

export const createIsolation = (
  { endingsToSuspect, failuresToReject, lastTryAfterMs }: IsolationLimits,
  nowMs: () => number,
): Isolation => {
  let endings = 0
  /** What all of the last endings had under way. */
  let suspects: IdRange | undefined
  /** Packs that begin in here have at most `rows` rows. */
  let narrowed: { range: IdRange; rows: number } | undefined
  const accused = new Map<number, Accused>()
  /** The connection has acknowledged a pack. */
  let passes = false
  /** The row on which the last connection ended, though it had acknowledged another pack. */
  let failed: Accused | undefined
  const isCareful = (): boolean => endings >= endingsToSuspect || accused.size > 0

  const suspect = (unacknowledged: readonly Unacknowledged[]): void => {
    const fromId = Math.min(...unacknowledged.map(({ range }) => range.fromId))
    const toId = Math.max(...unacknowledged.map(({ range }) => range.toId))
    const common = suspects && {
      fromId: Math.max(fromId, suspects.fromId),
      toId: Math.min(toId, suspects.toId),
    }
    const again = common !== undefined && common.fromId <= common.toId
    suspects = again ? common : { fromId, toId }
    endings = again ? endings + 1 : 1
  }

  /** This pack was under way alone when the connection ended. */
  const narrow = ({ range, rows }: Unacknowledged): Accused | undefined => {
    if (rows > 1) {
      narrowed = { range, rows: Math.ceil(rows / 2) }
      return undefined
    }
    const id = range.fromId
    const known = accused.get(id)
    if (known || accused.size >= MOST_ACCUSED) return known
    const added = { id, failures: 0, dueMs: nowMs() }
    accused.set(id, added)
    return added
  }

  const count = (row: Accused): number | undefined => {
    row.failures += 1
    if (row.failures >= failuresToReject) return row.id
    row.dueMs = nowMs() + (row.failures === failuresToReject - 1 ? lastTryAfterMs : 0)
    return undefined
  }

  return {
    get careful() {
      return isCareful()
    },
    limitAt: (id, usual) =>
      narrowed && narrowed.range.fromId <= id && id <= narrowed.range.toId
        ? Math.min(narrowed.rows, usual)
        : usual,
    retry() {
      if (!passes) return undefined
      const [first] = [...accused.values()].toSorted((a, b) => a.dueMs - b.dueMs)
      return first && { id: first.id, inMs: Math.max(0, first.dueMs - nowMs()) }
    },
    isAccused: (id) => accused.has(id),
    forget: (id) => void accused.delete(id),
    reached(id) {
      if (suspects === undefined || id <= suspects.toId) return
      endings = 0
      suspects = undefined
      narrowed = undefined
    },
    acknowledged({ fromId }) {
      passes = true
      accused.delete(fromId)
      const confirmed = failed
      failed = undefined
      return confirmed && count(confirmed)
    },
    ended(unacknowledged) {
      const [first, second] = unacknowledged
      const passed = passes
      passes = false
      failed = undefined
      if (!first) return
      if (!isCareful() || second) return suspect(unacknowledged)
      const alone = narrow(first)
      if (passed) failed = alone
    },
  }
}
