import type { Finding } from '../../store/table/findings.ts'
import { MS_PER_HOUR } from '../series.ts'
import type { SeriesReadings } from './readings.ts'

/** Readings as a grid of hours without holes, NaN where nothing was measured. */
export interface HourlyGrid {
  startMs: number
  values: Float64Array
}

/** Steps longer than this are no hourly data: nothing between them is known. */
const COARSEST_STEP_MS = 1.5 * MS_PER_HOUR
/** A stretch so far from all others, and so small, was dated by a wrong clock. */
const APART_MS = 180 * 24 * MS_PER_HOUR
const SMALL_SHARE = 0.05

/**
 * Amounts (`interval`) of an hour are summed and need all of its steps, states (`instant`) are averaged, registers
 * (`counter`) give their differences over steps of at most an hour. Undefined when the series is no hourly one; the
 * findings say why.
 */
export const toHourly = (readings: SeriesReadings, findings: Finding[]): HourlyGrid | undefined => {
  const { series } = readings
  const find = (code: string, message: string, count: number): void => {
    findings.push({ code, series: series.label, message, count })
  }
  const { timesMs, values, strayed } = withoutStrays(readings)
  if (strayed > 0) {
    find('clock-fault', 'readings dated far from all others by a wrong clock: left out', strayed)
  }
  const stepMs = medianStepMs(timesMs)
  if (stepMs === undefined) {
    find('too-short', 'a single reading: left out', 1)
    return undefined
  }
  if (stepMs > COARSEST_STEP_MS) {
    const shown = stepMs >= 20 * MS_PER_HOUR ? 'daily' : `a step of ${(stepMs / MS_PER_HOUR).toFixed(1)} h`
    find(
      'too-coarse',
      `${shown}: forecasts are hourly. Left out; give a file of hourly or finer readings`,
      timesMs.length,
    )
    return undefined
  }
  const perHour = Math.max(1, Math.round(MS_PER_HOUR / stepMs))
  const startMs = hourOf(timesMs[0] ?? 0, series.timeZone)
  const hours = Math.floor(((timesMs.at(-1) ?? startMs) - startMs) / MS_PER_HOUR) + 1
  const sums = new Float64Array(hours)
  const counts = new Uint32Array(hours)
  const add = (timeMs: number, value: number): void => {
    const at = Math.floor((timeMs - startMs) / MS_PER_HOUR)
    sums[at] = (sums[at] ?? 0) + value
    counts[at] = (counts[at] ?? 0) + 1
  }
  let resets = 0
  for (let i = 0; i < timesMs.length; i += 1) {
    const timeMs = timesMs[i] ?? NaN
    if (series.kind !== 'counter') add(timeMs, values[i] ?? NaN)
    else if (i > 0 && timeMs - (timesMs[i - 1] ?? 0) <= COARSEST_STEP_MS) {
      const used = (values[i] ?? NaN) - (values[i - 1] ?? NaN)
      if (used >= 0) add(timesMs[i - 1] ?? 0, used)
      else resets += 1
    }
  }
  if (resets > 0) find('counter-reset', 'a register that fell: the hour counts as missing', resets)
  const needed = series.kind === 'instant' ? 1 : perHour
  let partial = 0
  for (let hour = 0; hour < hours; hour += 1) {
    const count = counts[hour] ?? 0
    if (count > 0 && count < needed) partial += 1
    if (count < needed) sums[hour] = NaN
    else if (series.kind === 'instant') sums[hour] = (sums[hour] ?? NaN) / count
  }
  if (perHour > 1) {
    const how = series.kind === 'instant' ? 'averaged' : 'summed'
    find('sub-hourly', `a step of ${Math.round(stepMs / 60_000)} minutes: ${how} by hour`, perHour)
  }
  if (partial > 0) find('partial-hours', 'hours with some of their readings missing: left out', partial)
  return { startMs, values: sums }
}

/** Start of the full local hour: zones a half hour off UTC have their own full hours. */
const hourOf = (timeMs: number, timeZone: string): number => {
  const offsetMs =
    Temporal.Instant.fromEpochMilliseconds(Math.floor(timeMs)).toZonedDateTimeISO(timeZone)
      .offsetNanoseconds / 1e6
  return Math.floor((timeMs + offsetMs) / MS_PER_HOUR) * MS_PER_HOUR - offsetMs
}

const medianStepMs = (timesMs: Float64Array): number | undefined => {
  const steps = timesMs.slice(1).map((timeMs, i) => timeMs - (timesMs[i] ?? 0))
  return steps.sort()[Math.floor((steps.length - 1) / 2)]
}

const withoutStrays = ({ timesMs, values }: SeriesReadings) => {
  const cuts = [0]
  timesMs.forEach((timeMs, i) => {
    if (i > 0 && timeMs - (timesMs[i - 1] ?? 0) > APART_MS) cuts.push(i)
  })
  const kept = cuts
    .map((from, at) => ({ from, to: cuts[at + 1] ?? timesMs.length }))
    .filter(({ from, to }) => to - from >= SMALL_SHARE * timesMs.length)
  const pick = (all: Float64Array): Float64Array =>
    Float64Array.from(kept.flatMap(({ from, to }) => [...all.subarray(from, to)]))
  const strayed = timesMs.length - kept.reduce((sum, { from, to }) => sum + to - from, 0)
  return strayed === 0
    ? { timesMs, values, strayed }
    : { timesMs: pick(timesMs), values: pick(values), strayed }
}
