import type { Sample } from '../../city/observation.ts'
import { examineNext, firstExamined, SERIES_KINDS, type Examined } from '../../city/quality/examine.ts'
import type { Finding, QualityRules } from '../../city/quality/finding.ts'
import { longestStayMs } from '../../city/quality/stuckValue.ts'
import type { ObservationStore } from '../../store/observations.ts'
import type { QualityChange, QualityStore } from '../../store/quality.ts'
import { nearestBefore } from './nearestBefore.ts'

/**
 * Looks again at a stretch whose readings have changed, and a little around it: from where nothing before can depend
 * on it to where nothing behind does. What was found there is replaced by what is found now, so that late data heal.
 */
export interface Reexamined {
  changes: QualityChange[]
  /** The state at the newest reading, when that was reached. */
  end: Examined | undefined
}

export interface ReexamineParts {
  observations: Pick<ObservationStore, 'raw' | 'buckets'>
  quality: Pick<QualityStore, 'find'>
  datastreamId: number
  rules: QualityRules
  /** Awaited after each page of samples: the way to go slowly. */
  pause: () => Promise<void>
  onSamples?: (samples: readonly Sample[]) => void
  pageSize?: number
}

const PAGE = 5_000
/** A run that a new reading may join to reaches back so many times its longest stay (one gap more than once). */
const LOOK_BACK = 1.25
const END_MS = 8_640_000_000_000_000

/** Both ends inclusive. */
export const reexamine = async (
  parts: ReexamineParts,
  range: { fromMs: number; toMs: number },
): Promise<Reexamined> => {
  const { observations, datastreamId, rules, pause, pageSize = PAGE } = parts
  const fromMs = beginOf(parts, range.fromMs)
  const found = new Map<string, Finding>()
  let state: Examined | undefined
  let beginMs = fromMs
  let nextMs = fromMs
  let untilMs: number | undefined
  while (untilMs === undefined) {
    const samples = await observations.raw({ datastreamId, fromMs: nextMs, toMs: END_MS, limit: pageSize })
    const isLast = samples.length < pageSize
    parts.onSamples?.(samples)
    if (state === undefined && (samples[0]?.timeMs ?? Infinity) >= range.fromMs) {
      const before = await nearestBefore(observations, datastreamId, fromMs)
      if (before) {
        beginMs = before.timeMs
        state = goOn(parts, before)
      }
    }
    for (const sample of samples) {
      if (state === undefined) {
        state = goOn(parts, sample)
        continue
      }
      for (const finding of examineNext(state, rules, sample))
        found.set(`${finding.kind} ${finding.fromMs}`, finding)
      if (sample.timeMs > range.toMs && isSettled(parts, state, sample)) {
        untilMs = sample.timeMs
        break
      }
    }
    if (isLast) break
    nextMs = (samples.at(-1)?.timeMs ?? nextMs) + 1
    if (untilMs === undefined) await pause()
  }
  return {
    changes: [
      { datastreamId, drop: SERIES_KINDS, fromMs: beginMs, toMs: untilMs ?? END_MS },
      ...[...found.values()].map((put) => ({ datastreamId, put })),
    ],
    end: untilMs === undefined ? state : undefined,
  }
}

/** The state at the reading from which on it is looked: what ends there may go on. */
const goOn = ({ quality, datastreamId }: ReexamineParts, first: Sample): Examined => ({
  ...firstExamined(first),
  touching: touchingAt(quality, datastreamId, first.timeMs),
})

/** The findings that end with the reading of this time. */
export const touchingAt = (
  quality: Pick<QualityStore, 'find'>,
  datastreamId: number,
  timeMs: number,
): Finding[] =>
  quality
    .find({ datastreamIds: [datastreamId], fromMs: timeMs, toMs: timeMs, limit: 100 })
    .filter(({ kind, toMs }) => toMs === timeMs && SERIES_KINDS.includes(kind))

/** Nothing that begins with this reading or later depends on what was before it, nor did it when it was last looked at. */
const isSettled = (parts: ReexamineParts, state: Examined, { timeMs }: Sample): boolean =>
  state.touching.length === 0 && state.runFromMs === timeMs && straddling(parts, timeMs + 1).length === 0

/** Where to begin so that no finding and no run reaches across. */
const beginOf = (parts: ReexamineParts, fromMs: number): number => {
  const lookBackMs = Math.ceil(LOOK_BACK * (longestStayMs(parts.rules) ?? 0))
  const touchedMs = beginOfTouching(parts, fromMs)
  return Math.max(0, beginOfTouching(parts, touchedMs - lookBackMs))
}

const beginOfTouching = (parts: ReexamineParts, fromMs: number): number => {
  let beginMs = fromMs
  for (;;) {
    const earliest = Math.min(beginMs, ...straddling(parts, beginMs).map((finding) => finding.fromMs))
    if (earliest === beginMs) return beginMs
    beginMs = earliest
  }
}

/** What is known of the time before and of this time or later. */
const straddling = ({ quality, datastreamId }: ReexamineParts, timeMs: number) =>
  quality
    .find({ datastreamIds: [datastreamId], fromMs: timeMs, toMs: timeMs, limit: 100 })
    .filter(({ kind }) => SERIES_KINDS.includes(kind))
