import type { IdRange } from './spoolEngine.ts'

/**
 * Finds the row on which a broker ends the connection again and again, so that it does not hold up the spool for
 * ever. Connections that end with packs unacknowledged are counted; when several in a row had the same rows under way,
 * packs are sent one at a time, and the one that fails is halved until one row is left. That row is rejected once it
 * has failed alone `failuresToReject` times, each time with another pack acknowledged since, the last time a good
 * while after the one before: a broker that takes nothing at all is down, one whose store takes this and not that is
 * in trouble, and neither is a reason to reject anything. Lives as long as the uplink, across connections.
 */
export interface Isolation {
  /** True while packs go one at a time, from the oldest row on. */
  readonly careful: boolean
  /** Most rows of a pack that begins with this row. */
  limitAt(id: number, usual: number): number
  /** The row that is to be tried alone next, for another pack has been acknowledged since it failed, and in how long. */
  retry(): { id: number; inMs: number } | undefined
  /** True for a row that waits for another pack to be acknowledged, and is passed over until then. */
  isAccused(id: number): boolean
  /** The row is gone, by whatever way. */
  forget(id: number): void
  /** All rows before this one are acknowledged or accused. */
  reached(id: number): void
  acknowledged(range: IdRange): void
  /** The connection ended with these packs unacknowledged; answers the id of a row to reject. */
  ended(unacknowledged: readonly Unacknowledged[]): number | undefined
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
  failures: number
  /** By the clock, for the next time. */
  dueMs: number
  othersPassed: boolean
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
  const narrow = ({ range, rows }: Unacknowledged): number | undefined => {
    if (rows > 1) {
      narrowed = { range, rows: Math.ceil(rows / 2) }
      return undefined
    }
    const id = range.fromId
    const known = accused.get(id)
    if (!known && accused.size >= MOST_ACCUSED) return undefined
    const failures = (known?.failures ?? 0) + 1
    if (failures >= failuresToReject) return id
    const waitMs = failures === failuresToReject - 1 ? lastTryAfterMs : 0
    accused.set(id, { failures, dueMs: nowMs() + waitMs, othersPassed: false })
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
      const [first] = [...accused]
        .filter(([, { othersPassed }]) => othersPassed)
        .toSorted(([, a], [, b]) => a.dueMs - b.dueMs)
      return first && { id: first[0], inMs: Math.max(0, first[1].dueMs - nowMs()) }
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
      accused.delete(fromId)
      for (const row of accused.values()) row.othersPassed = true
    },
    ended(unacknowledged) {
      const [first, second] = unacknowledged
      if (!first) return undefined
      if (isCareful() && !second) return narrow(first)
      suspect(unacknowledged)
      return undefined
    },
  }
}
