import type { ForecastIssue, ForecastStore } from '../store/forecasts.ts'
import { pastMidnights } from './dailyIssues.ts'
import { type ModelEntry, issuedVersion } from './registry/entry.ts'
import { type HourlySeries, endMs } from './series.ts'

/**
 * Where issues are: those that were served, and those of challengers, which nobody is shown. What a model issued before
 * it was promoted lies among the latter, so both are asked.
 */
export interface ModelIssues {
  served: ForecastStore
  challengers: ForecastStore
}

/** What a model issued of a series by its last issues before past local midnights, ascending. */
export const pastIssuesOf = (stores: ModelIssues, entry: ModelEntry, series: HourlySeries): ForecastIssue[] =>
  issuesAt(stores, entry, series.id, pastMidnights(endMs(series), series.timeZone))

/** The same for given instants, ascending. */
export const issuesAt = (
  { served, challengers }: ModelIssues,
  entry: ModelEntry,
  building: string,
  instantsMs: readonly number[],
): ForecastIssue[] => {
  const version = issuedVersion(entry)
  const found = new Map<number, ForecastIssue>()
  for (const atMs of instantsMs) {
    for (const store of [challengers, served]) {
      const issue = store.newestUntil(building, entry.property, atMs)
      if (issue?.model.version === version && issue.model.name === entry.name)
        found.set(issue.issuedAtMs, issue)
    }
  }
  return [...found.values()].sort((a, b) => a.issuedAtMs - b.issuedAtMs)
}
