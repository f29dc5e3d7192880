import type { Sample } from '../city/observation.ts'

/**
 * Hourly values by local day and hour of the day, which is how daily rhythm lines up where clocks change: the hour
 * that a spring day lacks is missing, an hour that an autumn day has twice is the mean of both.
 */
export interface LocalGrid {
  /** The value at a local day (days since 1970-01-01) and hour (0 to 23), or NaN. */
  at(day: number, hour: number): number
}

export interface LocalHour {
  day: number
  hour: number
}

const MS_PER_DAY = 86_400_000
const MS_PER_HOUR = 3_600_000

/** The local day and hour in which an instant lies. */
export const localHour = (timeMs: number, timeZone: string): LocalHour => {
  const zoned = Temporal.Instant.fromEpochMilliseconds(timeMs).toZonedDateTimeISO(timeZone)
  return { day: Math.floor(Date.UTC(zoned.year, zoned.month - 1, zoned.day) / MS_PER_DAY), hour: zoned.hour }
}

/** The instant at which a local day (days since 1970-01-01) begins. */
export const localDayStartMs = (day: number, timeZone: string): number =>
  Temporal.Instant.fromEpochMilliseconds(day * MS_PER_DAY)
    .toZonedDateTimeISO('UTC')
    .toPlainDate()
    .toZonedDateTime(timeZone).epochMilliseconds

/** The starts of all hours in `[fromMs, toMs)`; `fromMs` is a full hour. */
export const hoursBetween = (fromMs: number, toMs: number): number[] =>
  Array.from(
    { length: Math.max(0, Math.ceil((toMs - fromMs) / MS_PER_HOUR)) },
    (_, i) => fromMs + i * MS_PER_HOUR,
  )

export const toLocalGrid = (history: readonly Sample[], timeZone: string): LocalGrid => {
  const days = new Map<number, Float64Array>()
  for (const { timeMs, value } of history) {
    const { day, hour } = localHour(timeMs, timeZone)
    let row = days.get(day)
    if (!row) days.set(day, (row = new Float64Array(24).fill(NaN)))
    const seen = row[hour] ?? NaN
    row[hour] = Number.isNaN(seen) ? value : (seen + value) / 2
  }
  return { at: (day, hour) => days.get(day)?.[hour] ?? NaN }
}
