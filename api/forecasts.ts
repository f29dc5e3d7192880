import { hourlyHistory } from '../analytics/hourlyHistory.ts'
import { localDayStartMs, localHour } from '../analytics/localTime.ts'
import type { ForecastIssue } from '../store/forecasts.ts'
import { zoneOf } from './buildings.ts'
import type { ApiContext } from './context.ts'
import { measureReliability, type Reliability } from './reliability.ts'

const RELIABILITY_DAYS = 30
const MS_PER_DAY = 86_400_000

/**
 * Gives an issue's reliability. Remembers it while the same issue is the newest, because it reads a month; an issue
 * that late data made again is another, although its time is the same.
 */
export type ReliabilityReader = (issue: ForecastIssue) => Promise<Reliability>

/** Measured on the whole local days of the month before the issue: forecasts are paced by the data's own time. */
export const createReliabilityReader = (
  context: Pick<ApiContext, 'catalogue' | 'observations' | 'forecasts' | 'city'>,
): ReliabilityReader => {
  const known = new Map<string, { content: string; reliability: Promise<Reliability> }>()
  return (issue) => {
    const series = `${issue.building}/${issue.property}`
    const content = JSON.stringify(issue)
    const last = known.get(series)
    if (last?.content === content) return last.reliability
    const reliability = readReliability(context, issue)
    known.set(series, { content, reliability })
    // A failure is told to whoever asked and is not remembered.
    reliability.catch(() => {
      if (known.get(series)?.reliability === reliability) known.delete(series)
    })
    return reliability
  }
}

const readReliability = async (
  context: Pick<ApiContext, 'catalogue' | 'observations' | 'forecasts' | 'city'>,
  { building, property, issuedAtMs }: ForecastIssue,
): Promise<Reliability> => {
  const datastream = context.catalogue.datastreams.find(`${building}/${property}`)
  if (!datastream) return measureReliability([], [], [])
  const timeZone = zoneOf(context, datastream)
  const today = localHour(issuedAtMs, timeZone).day
  const dayStartsMs = Array.from({ length: RELIABILITY_DAYS + 1 }, (_, i) =>
    localDayStartMs(today - RELIABILITY_DAYS + i, timeZone),
  )
  const fromMs = dayStartsMs[0] ?? issuedAtMs
  const toMs = dayStartsMs.at(-1) ?? issuedAtMs
  const labels = context.catalogue.labels.list()
  const truth = await hourlyHistory(context.observations, datastream, { fromMs, toMs, timeZone, labels })
  // The first day's issue may have been made up to a day before it.
  const issues = context.forecasts.range(building, property, fromMs - MS_PER_DAY, toMs)
  return measureReliability(issues, truth, dayStartsMs)
}
