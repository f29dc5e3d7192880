import type { Sample } from '../city/observation.ts'
import type { ForecastHour, ForecastIssue } from '../store/forecasts.ts'

/**
 * How right the forecasts were: the day-ahead issues of the last days against what was measured then. Of each local
 * day, the newest issue made before it began is scored, so no number below looks back at a known day.
 */
export interface Reliability {
  /** Whole days with a forecast total and a measured one. */
  days: number
  /** Days whose total fell inside the day's own 80 % interval. */
  daysInside: number
  /** Share of hours that fell inside their own 80 % interval; null while none is scored. */
  coverage80: number | null
  /** Root mean square error of the hourly medians, in per cent of the measured mean; null as above. */
  nrmse: number | null
  /** Hours scored. */
  forecasts: number
}

/** Positions of 0.1, 0.5 and 0.9 in the project's nine quantiles. */
const LOW = 0
const MEDIAN = 4
const HIGH = 8

/**
 * @param issues ascending by issue time
 * @param truth measured local hours (time = start); hours with too little data left out
 * @param dayStartsMs starts of the local days to be scored, ascending, with the end of the last one behind them
 */
export const measureReliability = (
  issues: readonly ForecastIssue[],
  truth: readonly Sample[],
  dayStartsMs: readonly number[],
): Reliability => {
  const measured = new Map(truth.map(({ timeMs, value }) => [timeMs, value]))
  let days = 0
  let daysInside = 0
  const hours: { forecast: ForecastHour; value: number }[] = []
  for (let i = 0; i + 1 < dayStartsMs.length; i += 1) {
    const startMs = dayStartsMs[i] ?? 0
    const endMs = dayStartsMs[i + 1] ?? 0
    const issue = issues.findLast(({ issuedAtMs }) => issuedAtMs <= startMs)
    if (!issue) continue
    const ofDay = issue.hours.filter((hour) => hour.startMs >= startMs && hour.startMs < endMs)
    const known = ofDay.flatMap((forecast) => {
      const value = measured.get(forecast.startMs)
      return value === undefined ? [] : [{ forecast, value }]
    })
    hours.push(...known)
    const day = issue.days.find((total) => total.startMs === startMs && total.endMs === endMs)
    // A day with a hole has no total.
    if (!day || known.length === 0 || known.length < Math.round((endMs - startMs) / 3_600_000)) continue
    days += 1
    if (
      isInside(
        day,
        known.reduce((sum, { value }) => sum + value, 0),
      )
    )
      daysInside += 1
  }
  return { days, daysInside, ...scoreHours(hours), forecasts: hours.length }
}

const scoreHours = (hours: readonly { forecast: ForecastHour; value: number }[]) => {
  if (hours.length === 0) return { coverage80: null, nrmse: null }
  let inside = 0
  let squares = 0
  let total = 0
  for (const { forecast, value } of hours) {
    if (isInside(forecast, value)) inside += 1
    squares += ((forecast.quantiles[MEDIAN] ?? NaN) - value) ** 2
    total += value
  }
  const mean = total / hours.length
  const error = (100 * Math.sqrt(squares / hours.length)) / mean
  return { coverage80: inside / hours.length, nrmse: Number.isFinite(error) ? error : null }
}

const isInside = ({ quantiles }: ForecastHour, value: number): boolean =>
  value >= (quantiles[LOW] ?? NaN) && value <= (quantiles[HIGH] ?? NaN)
