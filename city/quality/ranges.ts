/** Stretches of time, ascending and apart, both ends inclusive. */
export interface TimeRange {
  fromMs: number
  toMs: number
}

const MAX_RANGES = 4

/**
 * The ranges with one more, joined where they overlap. At most four are kept: beyond it the two that lie nearest are
 * one, for to look at more than has changed is only slower.
 */
export const addRange = (ranges: readonly TimeRange[], added: TimeRange): TimeRange[] => {
  const all = [...ranges, added].sort((a, b) => a.fromMs - b.fromMs)
  const kept: TimeRange[] = []
  for (const { fromMs, toMs } of all) {
    const last = kept.at(-1)
    if (last && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs)
    else kept.push({ fromMs, toMs })
  }
  while (kept.length > MAX_RANGES) {
    const gaps = kept.slice(1).map(({ fromMs }, at) => fromMs - (kept[at]?.toMs ?? fromMs))
    const at = gaps.indexOf(Math.min(...gaps))
    const [before, after] = [kept[at], kept[at + 1]]
    if (!before || !after) break
    kept.splice(at, 2, { fromMs: before.fromMs, toMs: Math.max(before.toMs, after.toMs) })
  }
  return kept
}
