import type { Clock } from '../../edge/clock.ts'
import type { World } from './world.ts'

/**
 * One run of a process, from its start to its crash. JavaScript cannot stop a promise half way; so all that a process
 * reaches of its world goes through here, and after the crash nothing of it has any effect.
 */
export interface Life {
  readonly alive: boolean
  end(): void
  /** Throws when the process is gone: nothing that it calls does anything any more. */
  check(): void
  after(delayMs: number, run: () => void): () => void
  /** For a dead process it never resolves. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  clock: Clock
}

export class Gone extends Error {}

export const createLife = (world: World): Life => {
  let alive = true
  const after = (delayMs: number, run: () => void): (() => void) =>
    world.after(delayMs, () => {
      if (alive) run()
    })
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const cancel = after(ms, resolve)
      signal?.addEventListener(
        'abort',
        () => {
          cancel()
          if (alive) resolve()
        },
        { once: true },
      )
    })
  return {
    get alive() {
      return alive
    },
    end() {
      alive = false
    },
    check() {
      if (!alive) throw new Gone('the process is gone')
    },
    after,
    sleep,
    clock: { nowMs: () => world.nowMs(), sleep },
  }
}
