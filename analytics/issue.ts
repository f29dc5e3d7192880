import { NadiError } from '../city/errors.ts'
import type { ForecastContext, ForecastHour, ForecastIssue } from '../store/forecasts.ts'
import { clean } from './dataset/clean.ts'
import type { ForecastInput } from './forecastModel.ts'
import { type PastIssue, issueForecasts } from './issueForecasts.ts'
import { measuredHours } from './measuredHours.ts'
import { issuedVersion } from './registry/entry.ts'
import type { LoadedModel } from './registry/servedModels.ts'
import { type HourlySeries, MS_PER_HOUR, endMs } from './series.ts'

/** What one forecast is asked of a model. */
export interface IssueRequest {
  /** Ends at the issue time; as measured. */
  series: HourlySeries
  untilMs: number
  /** What the same model issued of the same series, ascending, all before this issue. */
  past: readonly ForecastIssue[]
}

/** The issues of one model, in the order of the requests; undefined where the past is too short or full of holes. */
export const issueAll = (
  model: LoadedModel,
  requests: readonly IssueRequest[],
): (ForecastIssue | undefined)[] =>
  issueClean(
    model,
    requests.map(({ series, ...more }) => ({ series: clean(series).series, ...more })),
  )

/** The same of series without what is taken for missing. */
const issueClean = (model: LoadedModel, requests: readonly IssueRequest[]): (ForecastIssue | undefined)[] => {
  const enough = requests.map(
    ({ series }) => measuredHours(series.values.subarray(-LEAST_HISTORY_HOURS)) >= LEAST_MEASURED_HOURS,
  )
  if (enough.includes(false)) {
    const issued = issueClean(
      model,
      requests.filter((_, i) => enough[i]),
    )
    return enough.map((it) => (it ? issued.shift() : undefined))
  }
  if (requests.length === 0) return []
  try {
    const inputs = requests.map(({ series, untilMs, past }) => ({
      input: {
        history: series,
        horizonHours: Math.round((untilMs - endMs(series)) / MS_PER_HOUR),
      } satisfies ForecastInput,
      past: past.map(toPast),
    }))
    const predictions = issueForecasts(model.fitted, inputs)
    return predictions.map(({ hours, days }, i) => {
      const series = requests[i]?.series
      return series && toIssue(model, series, { hours: hoursOf(hours, endMs(series)), days })
    })
  } catch (error) {
    if (!(error instanceof NadiError && error.code === 'insufficient-data')) throw error
    // One of them has too little: each by itself.
    return requests.length > 1 ? requests.flatMap((request) => issueClean(model, [request])) : [undefined]
  }
}

const toIssue = (
  { entry, fitted }: LoadedModel,
  series: HourlySeries,
  { hours, days }: { hours: ForecastHour[]; days: ForecastHour[] },
): ForecastIssue => ({
  building: series.id,
  property: series.property,
  issuedAtMs: endMs(series),
  model: { name: entry.name, version: issuedVersion(entry) },
  context: contextOf(series, fitted.contextHours),
  hours,
  days,
})

/** A week: with less even the pretrained model would guess what a weekend is like. */
const LEAST_MEASURED_HOURS = 7 * 24

const WEEKS_UNTIL_WARM = 4

const contextOf = ({ values }: HourlySeries, hours: number): ForecastContext => {
  const first = values.findIndex((value) => !Number.isNaN(value))
  // That nothing was measured before the building's first hour is no hole.
  const read = values.subarray(Math.max(first, values.length - hours, 0))
  return {
    hours,
    measured: read.length === 0 ? 1 : measuredHours(read) / read.length,
    coldStart: first === -1 || values.length - first < WEEKS_UNTIL_WARM * 7 * 24,
  }
}

/** Hours of history that an issue needs at least, so that a cold start is told from a warm one. */
export const LEAST_HISTORY_HOURS = (WEEKS_UNTIL_WARM * 7 + 3) * 24

const hoursOf = (quantiles: Float64Array, issuedAtMs: number): ForecastHour[] =>
  Array.from({ length: quantiles.length / 9 }, (_, i) => ({
    startMs: issuedAtMs + i * MS_PER_HOUR,
    endMs: issuedAtMs + (i + 1) * MS_PER_HOUR,
    quantiles: [...quantiles.subarray(i * 9, (i + 1) * 9)],
  }))

/** Called for each of 28 issues at each forecast, so without a list between. */
const toPast = ({ issuedAtMs, hours }: ForecastIssue): PastIssue => {
  const quantiles = new Float64Array(hours.length * 9)
  for (const [i, hour] of hours.entries()) quantiles.set(hour.quantiles, i * 9)
  return { issuedAtMs, quantiles }
}
