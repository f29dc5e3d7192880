import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ForecastIssue } from '../store/forecasts.ts'
import { issueAll } from './issue.ts'
import { localDayStartMs, localHour } from './localTime.ts'
import type { LoadedModel } from './registry/servedModels.ts'
import { type HourlySeries, endMs, until } from './series.ts'

/** How far back a model's own issues are held against what was measured since. */
const PAST_DAYS = 28
/** Buildings that are forecast in one go: about 20 ms, for which everybody else waits. */
const AT_ONCE = 4

/**
 * What a model would have issued at each of the local midnights of the last days, knowing nothing later: day after day,
 * for each is calibrated by the ones before it. Two days ahead, like every issue that is served. Yields to others after
 * some buildings.
 *
 * @param series of any buildings, each up to its newest hour
 * @param onIssue is given them in the order of their days
 */
export const issueDaily = async (
  model: LoadedModel,
  series: readonly HourlySeries[],
  { days, onIssue, signal }: { days: number; onIssue: (issue: ForecastIssue) => void; signal?: AbortSignal },
): Promise<void> => {
  const past = new Map<HourlySeries, ForecastIssue[]>(series.map((it) => [it, []]))
  const issueDay = (some: readonly HourlySeries[], daysBack: number): void => {
    const requests = some.map((it) => {
      const day = localHour(endMs(it), it.timeZone).day - daysBack
      return {
        series: until(it, localDayStartMs(day, it.timeZone)),
        untilMs: localDayStartMs(day + 2, it.timeZone),
        past: past.get(it) ?? [],
      }
    })
    for (const [i, issue] of issueAll(model, requests).entries()) {
      const of = some[i]
      if (!issue || !of) continue
      past.set(of, [...(past.get(of) ?? []), issue].slice(-PAST_DAYS))
      onIssue(issue)
    }
  }
  for (let daysBack = days; daysBack > 0; daysBack -= 1) {
    for (let from = 0; from < series.length; from += AT_ONCE) {
      signal?.throwIfAborted()
      issueDay(series.slice(from, from + AT_ONCE), daysBack)
      await nextTurn()
    }
  }
}

/** What was issued at, or last before, each of the local midnights before an hour: the past of its next issue. */
export const pastMidnights = (atMs: number, timeZone: string): number[] => {
  const today = localHour(atMs, timeZone).day
  return Array.from({ length: PAST_DAYS }, (_, i) =>
    localDayStartMs(today - PAST_DAYS + 1 + i, timeZone),
  ).filter((midnightMs) => midnightMs < atMs)
}
