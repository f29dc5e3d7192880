import { NadiError } from '../../city/errors.ts'
import { type HourlySeries, MS_PER_HOUR, endMs } from '../series.ts'
import type { LocalClock } from './localClock.ts'
import { type Past, levelOf, usualAt } from './usual.ts'

/** Hours of history that the features look at: eight weeks. */
export const CONTEXT_HOURS = 1_344
/** Hours over which centre and scale are taken: two weeks. */
const SCALE_HOURS = 336
/** Newest hours that are compared with the usual. */
export const DEVIATION_HOURS = 168
/** Two weeks with less than three days' worth of measured hours carry no forecast. */
const LEAST_MEASURED_HOURS = 72
/** Days before and after the day of issue of which the kind is known. */
const DAYS_BEFORE = 66
const DAYS_AFTER = 9
/** Normalised values beyond this are cut: a spike must not outweigh all that is ordinary. */
const LARGEST = 8

/**
 * What is known of a series at its end, the issue time, in units of its own: normalised values, how far they were from
 * what the weeks before said, the calendar around. Index `CONTEXT_HOURS + r` belongs to the hour `r` hours after the
 * issue time (so `r` is negative in the past).
 */
export interface Context extends Past {
  issuedAtMs: number
  /** Median of the last two weeks, in the unit of the series. */
  centre: number
  /** Their spread: a standard deviation of what lies between the 1st and the 99th hundredth. */
  scale: number
  /** Distance of the last 168 hours from what was usual (`usualAt`), NaN = unknown. */
  deviations: Float64Array
  /** How high the newest days stood, as a share of the usual. */
  level: number
  /** By local day from `firstDay` on: 1 = off by decree. */
  holidays: Uint8Array
  /** Outdoor temperature over the context and, where given, the hours ahead; undefined when never known. */
  temperature: Float64Array | undefined
  /** Whether `temperature` holds the hours ahead. */
  futureTemperature: boolean
  /** Share of the last two weeks that was not measured. */
  missingShare: number
}

/** Hours that the arrays of a context hold after the issue time. */
export const AHEAD_HOURS = 192

/**
 * The context at the end of `history`. Throws `insufficient-data` when fewer than 72 hours of the last two weeks were
 * measured. `futureTemperatureCelsius` covers the hours from the issue time on.
 */
export const contextOf = (
  history: HourlySeries,
  clock: LocalClock,
  futureTemperatureCelsius?: Float64Array,
): Context => {
  const issuedAtMs = endMs(history)
  const raw = lastHours(history.values, CONTEXT_HOURS)
  const { centre, scale, measured } = centreAndScale(raw)
  if (measured < LEAST_MEASURED_HOURS)
    throw new NadiError(
      'insufficient-data',
      `${history.id} has ${measured} measured hours in the two weeks before the forecast, and ${LEAST_MEASURED_HOURS} are needed. Wait for more data, import history, or close the gap.`,
    )
  const values = raw.map((value) => clip((value - centre) / scale))
  const localHours = new Int32Array(CONTEXT_HOURS + AHEAD_HOURS)
  for (let i = 0; i < localHours.length; i += 1)
    localHours[i] = clock.localHour(issuedAtMs + (i - CONTEXT_HOURS) * MS_PER_HOUR)
  const issueDay = Math.floor(localHours[CONTEXT_HOURS]! / 24)
  const days = kindsOfDays(issueDay, history.isHoliday)
  const past = { values, localHours, working: days.working, firstDay: issueDay - DAYS_BEFORE }
  const newest = values.subarray(CONTEXT_HOURS - DEVIATION_HOURS)
  const usual = Float64Array.from({ length: DEVIATION_HOURS }, (_, i) =>
    usualAt(past, CONTEXT_HOURS - DEVIATION_HOURS + i),
  )
  const temperature = temperatureOf(history, futureTemperatureCelsius)
  return {
    issuedAtMs,
    centre,
    scale,
    ...past,
    holidays: days.holidays,
    deviations: newest.map((value, i) => value - usual[i]!),
    level: levelOf(newest, usual, { centre, scale }),
    temperature,
    futureTemperature: temperature !== undefined && futureTemperatureCelsius !== undefined,
    missingShare: 1 - measured / SCALE_HOURS,
  }
}

/** Index into `holidays` and `working` of a local day. */
export const dayIndex = ({ firstDay }: Context, localDay: number): number => localDay - firstDay

const lastHours = (values: Float64Array, hours: number): Float64Array => {
  const last = new Float64Array(hours).fill(NaN)
  const from = values.subarray(Math.max(0, values.length - hours))
  last.set(from, hours - from.length)
  return last
}

const centreAndScale = (raw: Float64Array): { centre: number; scale: number; measured: number } => {
  const sorted = raw
    .subarray(CONTEXT_HOURS - SCALE_HOURS)
    .filter((value) => !Number.isNaN(value))
    .sort()
  const measured = sorted.length
  if (measured === 0) return { centre: 0, scale: 1, measured }
  const centre = sorted[Math.floor(measured / 2)]!
  const cut = Math.floor(measured / 100)
  const middle = sorted.subarray(cut, measured - cut)
  const mean = middle.reduce((sum, value) => sum + value, 0) / middle.length
  const variance = middle.reduce((sum, value) => sum + (value - mean) ** 2, 0) / middle.length
  // A series that hardly moves keeps a scale in proportion to itself, so that noise is not blown up.
  return { centre, scale: Math.max(Math.sqrt(variance), 0.02 * Math.abs(mean), 1e-6), measured }
}

const clip = (value: number): number => Math.min(LARGEST, Math.max(-LARGEST, value))

const kindsOfDays = (
  issueDay: number,
  isHoliday: HourlySeries['isHoliday'],
): Pick<Context, 'holidays' | 'working'> => {
  const holidays = new Uint8Array(DAYS_BEFORE + DAYS_AFTER + 1)
  const working = new Uint8Array(DAYS_BEFORE + DAYS_AFTER + 1)
  for (let i = 0; i < holidays.length; i += 1) {
    const day = issueDay - DAYS_BEFORE + i
    if (isHoliday?.(day)) holidays[i] = 1
    else if (weekdayOf(day) < 5) working[i] = 1
  }
  return { holidays, working }
}

/** 0 = Monday; 1970-01-01 was a Thursday. */
export const weekdayOf = (localDay: number): number => (((localDay + 3) % 7) + 7) % 7

const temperatureOf = (
  { temperatureCelsius }: HourlySeries,
  future: Float64Array | undefined,
): Float64Array | undefined => {
  if (temperatureCelsius === undefined) return undefined
  const past = lastHours(temperatureCelsius, CONTEXT_HOURS)
  if (past.every((value) => Number.isNaN(value))) return undefined
  const all = new Float64Array(CONTEXT_HOURS + AHEAD_HOURS).fill(NaN)
  all.set(past)
  if (future !== undefined) all.set(future.subarray(0, AHEAD_HOURS), CONTEXT_HOURS)
  return all
}
