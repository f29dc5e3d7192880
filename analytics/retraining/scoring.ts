import { thingOf } from '../../city/names.ts'
import type { Datastream } from '../../store/catalogue/catalogue.ts'
import type { ForecastProperty } from '../../store/forecasts.ts'
import type { CitySeries } from '../citySeries.ts'
import { clean } from '../dataset/clean.ts'
import { localDayStartMs, localHour } from '../localTime.ts'
import { type ModelIssues, issuesAt } from '../modelIssues.ts'
import type { ModelEntry } from '../registry/entry.ts'
import type { ModelRegistry } from '../registry/registry.ts'
import type { ServedModels } from '../registry/servedModels.ts'
import { type HourlySeries, MS_PER_HOUR, endMs } from '../series.ts'
import { scoreDays } from './scoreDays.ts'

/** Days that are scored again each time: those that drift is found in, and as late as data usually come. */
const SCORED_DAYS = 36

export interface Scoring {
  registry: ModelRegistry
  models: ServedModels
  issues: ModelIssues
  series: CitySeries
}

/** Holds what champion and challenger issued of each building against what was measured since. */
export const scoreProperty = async (scoring: Scoring, property: ForecastProperty): Promise<void> => {
  for (const datastream of scoring.series.list(property)) {
    const building = thingOf(datastream.path)
    const champion = await scoring.models.champion(property, building)
    const challenger = await scoring.models.challenger(property, building)
    const truth = await readScoredDays(scoring.series, datastream)
    if (!truth) continue
    for (const model of [champion, challenger]) if (model) scoreSeries(scoring, model.entry, truth)
  }
}

/** Scores the whole local days of a series and keeps that. */
export const scoreSeries = (
  { registry, issues }: Pick<Scoring, 'registry' | 'issues'>,
  entry: ModelEntry,
  truth: HourlySeries,
  days = SCORED_DAYS,
): void => {
  const today = localHour(endMs(truth), truth.timeZone).day
  const dayStartsMs = Array.from({ length: days + 1 }, (_, i) =>
    localDayStartMs(today - days + i, truth.timeZone),
  )
  const samples = [...clean(truth).truth].flatMap((value, i) =>
    Number.isNaN(value) ? [] : [{ timeMs: truth.startMs + i * MS_PER_HOUR, value }],
  )
  const found = issuesAt(issues, entry, truth.id, dayStartsMs)
  registry.scores.put(entry.id, scoreDays(found, samples, { building: truth.id, dayStartsMs }))
}

const readScoredDays = async (
  series: CitySeries,
  datastream: Datastream,
): Promise<HourlySeries | undefined> => {
  const untilMs = await series.completeUntilMs(datastream)
  return (
    (untilMs && series.read(datastream, untilMs - (SCORED_DAYS + 1) * 24 * MS_PER_HOUR, untilMs)) || undefined
  )
}
