import { NadiError } from '../city/errors.ts'

/**
 * While the store takes nothing, nothing is acknowledged, what the catalogue alone would keep neither. An agent takes
 * an acknowledgement for the sign that the broker works, and sets the reading aside on which it keeps failing.
 */
export interface StoreWatch {
  /** An append was handed in. */
  began(append: Promise<unknown>): void
  committed(): void
  failed(): void
  /** Resolves when the appends handed in so far have ended and the store works; else rejects with `store-unavailable`. */
  works(): Promise<void>
}

/** A failure counts until the next commit, or for so long: senders try again within ten seconds, so it is renewed. */
const FAILURE_COUNTS_MS = 60_000

export const createStoreWatch = (now: () => number): StoreWatch => {
  let last: Promise<unknown> = Promise.resolve()
  let failedMs: number | undefined
  return {
    began(append) {
      last = append
    },
    committed() {
      failedMs = undefined
    },
    failed() {
      failedMs = now()
    },
    async works() {
      await last.catch(() => undefined)
      if (failedMs === undefined) return
      const sinceMs = now() - failedMs
      // A clock that was set back tells nothing.
      if (sinceMs < 0 || sinceMs > FAILURE_COUNTS_MS) return
      throw new NadiError(
        'store-unavailable',
        'The store takes nothing at the moment: send again later, and look at the log for the reason.',
      )
    },
  }
}
