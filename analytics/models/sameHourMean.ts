import { NadiError } from '../../city/errors.ts'
import { type LocalGrid, hoursBetween, localDayStartMs, localHour, toLocalGrid } from '../localGrid.ts'
import type { ForecastModel, Prediction } from '../model.ts'
import { nineQuantiles } from '../quantiles.ts'

/**
 * The mean of the same local hour on the last seven days, with nine quantiles from its own past errors: the forecast
 * is made again for the same time of day on each of the last 28 days, with what was known then, and the errors of the
 * same lead (today, tomorrow ...) at this hour and its two neighbours are its spread now. The baseline that every
 * other model has to beat; BuildingsBench (NREL 2023) calls the same mean "persistence ensemble".
 */
const DAYS_IN_MEAN = 7
const LEAST_DAYS_IN_MEAN = 3
const DAYS_OF_ERRORS = 28
const LEAST_ERRORS = 6
const MS_PER_HOUR = 3_600_000

export const sameHourMean: ForecastModel = {
  name: 'same-hour-mean',
  version: '1',
  contextDays: DAYS_IN_MEAN + DAYS_OF_ERRORS + 2,

  predict({ history, issuedAtMs, untilMs, timeZone }): Prediction {
    const grid = toLocalGrid(history, timeZone)
    const issue = localHour(issuedAtMs, timeZone)
    const mean = rollingMean(grid, issue.hour)
    const hours = hoursBetween(issuedAtMs, untilMs).map((startMs) => {
      const target = localHour(startMs, timeZone)
      const centre = mean(issue.day, target.hour)
      const errors = errorsOf(grid, mean, issue.day, target.day - issue.day, target.hour)
      demand(!Number.isNaN(centre) && errors.length >= LEAST_ERRORS)
      return { startMs, endMs: startMs + MS_PER_HOUR, quantiles: spread(centre, errors) }
    })
    return { hours, days: wholeDays(grid, mean, issue.day, issuedAtMs, untilMs, timeZone) }
  },
}

/** The forecast for an hour of the day, as it was made on `issueDay` at the hour `issueHour`. */
type Mean = (issueDay: number, hour: number) => number

const rollingMean =
  (grid: LocalGrid, issueHour: number): Mean =>
  (issueDay, hour) => {
    // Today's value is known for the hours that are over; for the others the seven days end yesterday.
    const newest = hour < issueHour ? issueDay : issueDay - 1
    let sum = 0
    let count = 0
    for (let day = newest; day > newest - DAYS_IN_MEAN; day -= 1) {
      const value = grid.at(day, hour)
      if (Number.isNaN(value)) continue
      sum += value
      count += 1
    }
    return count >= LEAST_DAYS_IN_MEAN ? sum / count : NaN
  }

const errorsOf = (
  grid: LocalGrid,
  mean: Mean,
  issueDay: number,
  leadDays: number,
  hour: number,
): number[] => {
  const errors: number[] = []
  for (let back = 1; back <= DAYS_OF_ERRORS + leadDays; back += 1) {
    for (const near of [hour - 1, hour, hour + 1]) {
      if (near < 0 || near > 23) continue
      // What lies at or after the issue is not in the grid, so no error ever looks ahead.
      const error = grid.at(issueDay - back + leadDays, near) - mean(issueDay - back, near)
      if (!Number.isNaN(error)) errors.push(error)
    }
  }
  return errors
}

const wholeDays = (
  grid: LocalGrid,
  mean: Mean,
  issueDay: number,
  issuedAtMs: number,
  untilMs: number,
  timeZone: string,
): Prediction['days'] => {
  const days: Prediction['days'] = []
  for (let day = issueDay; ; day += 1) {
    const startMs = localDayStartMs(day, timeZone)
    const endMs = localDayStartMs(day + 1, timeZone)
    if (endMs > untilMs) return days
    if (startMs < issuedAtMs) continue
    const leadDays = day - issueDay
    const errors: number[] = []
    for (let back = 1; back <= DAYS_OF_ERRORS + leadDays; back += 1) {
      const error =
        dayTotal((hour) => grid.at(issueDay - back + leadDays, hour)) -
        dayTotal((hour) => mean(issueDay - back, hour))
      if (!Number.isNaN(error)) errors.push(error)
    }
    if (errors.length < LEAST_ERRORS) continue
    days.push({
      startMs,
      endMs,
      quantiles: spread(
        dayTotal((hour) => mean(issueDay, hour)),
        errors,
      ),
    })
  }
}

/** NaN when an hour is missing: a day with a hole has no total. */
const dayTotal = (value: (hour: number) => number): number => {
  let total = 0
  for (let hour = 0; hour < 24; hour += 1) total += value(hour)
  return total
}

/** Neither people nor consumption is ever below zero. */
const spread = (centre: number, errors: readonly number[]): number[] =>
  nineQuantiles(errors).map((error) => Math.max(0, centre + error))

const demand = (enough: boolean): void => {
  if (enough) return
  throw new NadiError(
    'insufficient-data',
    'A forecast needs each hour of the day measured on at least 3 of the last 7 days, and about a week more to learn its own errors from. Wait for more data or import history.',
  )
}
