import { NadiError } from '../../city/errors.ts'
import { createLocalClock } from '../features/localClock.ts'
import type { ForecastInput } from '../forecastModel.ts'
import { measuredHours } from '../measuredHours.ts'
import { nineQuantiles } from '../quantiles.ts'
import { endMs, type HourlySeries, MS_PER_HOUR } from '../series.ts'

/**
 * Forecasts that say: as on earlier days at the same local hour. The middle quantile is the mean of those days, as the
 * literature has it; the others stand off from it as the errors of the same rule did at this hour and its neighbours
 * on the last 28 days, counted from their own middle.
 */
export interface SeasonalRule {
  /** How many days back the values lie of which the mean is taken, for an hour so many days ahead (1: up to 24 h). */
  daysBack(daysAhead: number): readonly number[]
}

const DAYS_OF_ERRORS = 28
const LEAST_ERRORS = 6
const LEAST_MEASURED_HOURS = 48

/** The hours that a rule looks at: its farthest day, and the days of its own errors. */
export const contextHoursOf = (rule: SeasonalRule): number =>
  24 * (Math.max(...rule.daysBack(1)) + DAYS_OF_ERRORS)

/** Nine quantiles for each hour ahead, row-major. Throws `insufficient-data`. */
export const seasonalForecast = (
  rule: SeasonalRule,
  { history, horizonHours }: ForecastInput,
): Float64Array => {
  const context = contextHoursOf(rule)
  const values = history.values.subarray(Math.max(0, history.values.length - context))
  const issuedAtMs = endMs(history)
  demandMeasured(values, context)
  const past = createPast(values, issuedAtMs, history, horizonHours)
  const usual = usualByHour(past, values)
  const errors = Array.from({ length: Math.ceil(horizonHours / 24) }, (_, day) =>
    errorsOf(past, values, rule.daysBack(day + 1), day + 1),
  )
  const out = new Float64Array(horizonHours * 9)
  for (let ahead = 0; ahead < horizonHours; ahead += 1) {
    const daysAhead = Math.floor(ahead / 24) + 1
    const at = values.length + ahead
    const ofRule = centreOf(rule, past, at, daysAhead)
    const centre = Number.isNaN(ofRule) ? usual(at) : ofRule
    const spread = nineQuantiles(nearErrors(past, errors[daysAhead - 1] ?? new Float64Array(), at, daysAhead))
    // Neither people nor consumption is ever below zero.
    spread.forEach((error, q) => {
      out[ahead * 9 + q] = Math.max(0, centre + error - (spread[4] ?? 0))
    })
  }
  return out
}

/** The values by hours from the start of the context, and how hours and days lie on the wall clock. */
interface Past {
  /** The value at the same local hour `days` days before the hour `at`; NaN where not measured or not yet known. */
  before(at: number, days: number): number
  /** Where that hour lies. */
  sameHour(at: number, days: number): number
  hourOfDay(at: number): number
}

const createPast = (
  values: Float64Array,
  issuedAtMs: number,
  { timeZone }: HourlySeries,
  horizonHours: number,
): Past => {
  const startMs = issuedAtMs - values.length * MS_PER_HOUR
  const lastMs = issuedAtMs + horizonHours * MS_PER_HOUR
  const clock = createLocalClock(timeZone, startMs, lastMs)
  const local = new Float64Array(values.length + horizonHours)
  for (let at = 0; at < local.length; at += 1) local[at] = clock.localHour(startMs + at * MS_PER_HOUR)
  const sameHour = (at: number, days: number): number => {
    const back = at - 24 * days
    // Where clocks changed in between, a local day is not 24 hours back.
    return back < 0 ? back : back + (local[at] ?? 0) - 24 * days - (local[back] ?? 0)
  }
  return {
    sameHour,
    before: (at, days) => values[sameHour(at, days)] ?? NaN,
    hourOfDay: (at) => (((local[at] ?? 0) % 24) + 24) % 24,
  }
}

/** The rule's mean; where all its days are missing, of the weeks before them. NaN when there is none. */
const centreOf = (rule: SeasonalRule, past: Past, at: number, daysAhead: number): number => {
  const daysBack = rule.daysBack(daysAhead)
  for (let weeks = 0; weeks <= 4; weeks += 1) {
    const mean = meanBefore(past, at, daysBack, 7 * weeks)
    if (!Number.isNaN(mean)) return mean
  }
  return NaN
}

/** The mean of what was measured at the same hour so many days back, and `more` days; NaN of nothing. */
const meanBefore = (past: Past, at: number, daysBack: readonly number[], more = 0): number => {
  let sum = 0
  let count = 0
  for (const days of daysBack) {
    const value = past.before(at, days + more)
    if (Number.isNaN(value)) continue
    sum += value
    count += 1
  }
  return sum / count
}

/** The last resort: the mean of the hour of the day in the whole context, or of the nearest hour that has one. */
const usualByHour = (past: Past, values: Float64Array): ((at: number) => number) => {
  let means: Float64Array | undefined
  return (at) => {
    means ??= meansByHour(past, values)
    const hour = past.hourOfDay(at)
    for (let off = 0; off <= 12; off += 1) {
      for (const near of [means[(hour + off) % 24], means[(hour - off + 24) % 24]]) {
        if (near !== undefined && !Number.isNaN(near)) return near
      }
    }
    return 0
  }
}

const meansByHour = (past: Past, values: Float64Array): Float64Array => {
  const sums = new Float64Array(24)
  const counts = new Float64Array(24)
  values.forEach((value, at) => {
    if (Number.isNaN(value)) return
    const hour = past.hourOfDay(at)
    sums[hour] = (sums[hour] ?? 0) + value
    counts[hour] = (counts[hour] ?? 0) + 1
  })
  return sums.map((sum, hour) => sum / (counts[hour] ?? 0))
}

/** What the rule would have been wrong by, so many days ahead, at each hour that is asked for; NaN where unknown. */
const errorsOf = (
  past: Past,
  values: Float64Array,
  daysBack: readonly number[],
  daysAhead: number,
): Float64Array => {
  const errors = new Float64Array(values.length).fill(NaN)
  // An hour more than the days: neighbours of the first hour are looked at as well.
  const from = Math.max(0, values.length - 24 * (DAYS_OF_ERRORS + daysAhead) - 1)
  for (let at = from; at < values.length; at += 1) {
    errors[at] = (values[at] ?? NaN) - meanBefore(past, at, daysBack)
  }
  return errors
}

/** The errors at this hour and its neighbours; too few: of any hour; still too few: from one day to the next. */
const nearErrors = (past: Past, errors: Float64Array, at: number, daysAhead: number): Float64Array => {
  const near: number[] = []
  for (let days = daysAhead; days < daysAhead + DAYS_OF_ERRORS; days += 1) {
    const centre = past.sameHour(at, days)
    for (const hour of [centre - 1, centre, centre + 1]) {
      const error = errors[hour] ?? NaN
      if (!Number.isNaN(error)) near.push(error)
    }
  }
  if (near.length >= LEAST_ERRORS) return Float64Array.from(near)
  const any = errors.filter((error) => !Number.isNaN(error))
  if (any.length >= LEAST_ERRORS) return any
  const daily = errors
    .map((_, hour) => past.before(hour, 0) - past.before(hour, 1))
    .filter((step) => !Number.isNaN(step))
  return daily.length > 0 ? daily : Float64Array.of(0)
}

const demandMeasured = (values: Float64Array, context: number): void => {
  const measured = measuredHours(values)
  if (measured >= LEAST_MEASURED_HOURS) return
  throw new NadiError(
    'insufficient-data',
    `A forecast needs at least ${LEAST_MEASURED_HOURS} measured hours among the last ${context}; there are ${measured}. Wait for data or import history.`,
  )
}
