import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Waits until `condition` gives something truthy and returns it; asks again every `everyMs`. Throws with `what` when
 * `timeoutMs` has passed: tests await conditions, they never sleep and hope.
 */
export const until = async <T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 20_000, everyMs = 20, what = 'the condition' } = {},
): Promise<NonNullable<T>> => {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const value = await condition()
    if (value) return value
    if (performance.now() > deadline) throw new Error(`${what} did not come true within ${timeoutMs} ms`)
    await sleep(everyMs)
  }
}
