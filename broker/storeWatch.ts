import type { Reading } from '../city/observation.ts'
import { refusedReasons } from '../store/pointsRefused.ts'

/**
 * While the store takes nothing, nothing is acknowledged, what the catalogue alone would keep neither. An agent takes
 * an acknowledgement for the sign that the broker works, and sets the reading aside on which it keeps failing.
 */
export interface StoreWatch {
  /** These were handed in; `stored` is what becomes of them. */
  began(readings: readonly Reading[], stored: Promise<unknown>): void
  /**
   * Resolves when the readings handed in so far have been decided and the store works, which is found out with one of
   * those that failed last: to store a reading again is harmless. Rejects with what the store says to that.
   */
  works(): Promise<void>
}

export const createStoreWatch = (append: (readings: readonly Reading[]) => Promise<void>): StoreWatch => {
  let last: Promise<void> = Promise.resolve()
  let failed: Reading | undefined
  let trial: Promise<void> | undefined

  const watched = (readings: readonly Reading[], stored: Promise<unknown>): Promise<void> =>
    stored.then(
      () => {
        failed = undefined
      },
      (error: unknown) => {
        failed = refusedReasons(error) === undefined ? readings[0] : undefined
      },
    )

  const tryAgain = async (reading: Reading): Promise<void> => {
    const stored = append([reading])
    await watched([reading], stored)
    if (failed) await stored
  }

  return {
    began(readings, stored) {
      last = watched(readings, stored)
    },
    async works() {
      await last
      if (failed) await (trial ??= tryAgain(failed).finally(() => (trial = undefined)))
    },
  }
}
