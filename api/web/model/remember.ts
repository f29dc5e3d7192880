/**
 * Keeps an answer for a while, so that many visitors cost one question to the store. Asked again while the first is
 * still under way, all wait for the same; a failure is told to whoever waits and is not kept.
 */
export const createMemory = <T>(now: () => number, keepMs: number) => {
  const known = new Map<string, { untilMs: number; answer: Promise<T> }>()
  return (key: string, ask: () => Promise<T>): Promise<T> => {
    const nowMs = now()
    const kept = known.get(key)
    if (kept && nowMs < kept.untilMs && nowMs >= kept.untilMs - keepMs) return kept.answer
    for (const [other, { untilMs }] of known) if (untilMs <= nowMs) known.delete(other)
    const answer = ask()
    known.set(key, { untilMs: nowMs + keepMs, answer })
    answer.catch(() => {
      if (known.get(key)?.answer === answer) known.delete(key)
    })
    return answer
  }
}
