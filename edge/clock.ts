import { setTimeout as sleep } from 'node:timers/promises'

/** Time as the uplink needs it: spans and waits, never the time of day, which may jump. */
export interface Clock {
  /** Milliseconds since some moment; only grows. */
  nowMs(): number
  /** Resolves after so long, or as soon as the signal aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const createSystemClock = (): Clock => ({
  nowMs: () => performance.now(),
  sleep: (ms, signal) =>
    sleep(ms, undefined, { ref: signal !== undefined, ...(signal && { signal }) }).catch(() => undefined),
})
