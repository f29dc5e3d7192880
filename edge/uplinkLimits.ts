import type { IsolationLimits } from './isolation.ts'

export interface UplinkLimits extends IsolationLimits {
  recordsPerPack: number
  /** At least 2: one for the backlog, all but one for what is new. */
  packsInFlight: number
  /** At what rate the backlog is sent on a new connection; what is measured from then on is not limited. */
  backlogRowsPerSecond: number
  connectTimeoutMs: number
  /** A broker slows down a device that is over its rate, so this is generous. */
  pubackTimeoutMs: number
  keepaliveSeconds: number
  /**
   * Waits after a connection that ended and after an attempt that failed. All of a wait is left to chance, so that a
   * thousand agents whose broker was started again come back over these seconds and not at once.
   */
  retryFirstMs: number
  retryLongestMs: number
  /** Waits after a refused identity, which only a person can mend. */
  refusedFirstMs: number
  refusedLongestMs: number
}

export const DEFAULT_LIMITS: UplinkLimits = {
  recordsPerPack: 200,
  packsInFlight: 8,
  backlogRowsPerSecond: 2_000,
  connectTimeoutMs: 10_000,
  pubackTimeoutMs: 60_000,
  keepaliveSeconds: 30,
  retryFirstMs: 3_000,
  retryLongestMs: 10_000,
  refusedFirstMs: 5_000,
  refusedLongestMs: 60_000,
  endingsToSuspect: 3,
  failuresToReject: 3,
  lastTryAfterMs: 300_000,
}
