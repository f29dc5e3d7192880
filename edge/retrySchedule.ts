/** How long to wait before each new attempt. */
export interface RetryOptions {
  firstMs: number
  longestMs: number
  factor?: number
  random: () => number
}

/**
 * Endless waits in milliseconds: anything from nothing to a bound that grows up to `longestMs` ("full jitter"), so
 * that a thousand buildings do not come back at once.
 */
export function* retrySchedule({
  firstMs,
  longestMs,
  factor = 2,
  random,
}: RetryOptions): Generator<number, never> {
  let waitMs = firstMs
  for (;;) {
    const boundedMs = Math.min(waitMs, longestMs)
    yield boundedMs * random()
    waitMs = boundedMs * factor
  }
}
