/**
 * A rate with a burst. Whoever is over it is told how long to wait; nothing is ever refused. One bucket may serve
 * several connections of the same device.
 */
export interface TokenBucket {
  /** Takes `tokens` and answers how many milliseconds to wait before taking more (0 = none). */
  take(tokens: number): number
}

export const createTokenBucket = (
  { perSecond, burst }: { perSecond: number; burst: number },
  now: () => number,
): TokenBucket => {
  let level = burst
  let filledMs = now()
  return {
    take(tokens) {
      const nowMs = now()
      // A clock that was set back must not empty the bucket.
      level = Math.min(burst, level + (Math.max(0, nowMs - filledMs) * perSecond) / 1000) - tokens
      filledMs = nowMs
      return level >= 0 ? 0 : Math.ceil((-level * 1000) / perSecond)
    },
  }
}
