/** How long to wait before each new attempt. */
export interface RetryOptions {
  firstMs: number
  longestMs: number
  factor?: number
  /** Share of each wait that chance may take away, 0 to 1, so that a thousand buildings do not come back at once. */
  jitter?: number
  random: () => number
}

/** Endless waits in milliseconds: growing up to `longestMs`, each shortened by chance. */
export function* retrySchedule({
  firstMs,
  longestMs,
  factor = 2,
  jitter = 0.5,
  random,
}: RetryOptions): Generator<number, never> {
  let waitMs = firstMs
  for (;;) {
    const boundedMs = Math.min(waitMs, longestMs)
    yield boundedMs * (1 - jitter * random())
    waitMs = boundedMs * factor
  }
}
