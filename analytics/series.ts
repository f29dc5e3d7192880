import type { ForecastProperty } from '../store/forecasts.ts'

/**
 * The hourly past of one building as the models see it: a grid of UTC hours without holes, NaN where nothing was
 * measured. A view that ends at an issue time is made by `until`, so that a model cannot read what came later.
 */
export interface HourlySeries {
  /** The building, or the column of a file. */
  id: string
  property: ForecastProperty
  /** IANA zone of the local hour, weekday and holidays. */
  timeZone: string
  /** Start of the first hour, epoch milliseconds, a full hour. */
  startMs: number
  /** kWh in the hour, or mean number of people; NaN = not measured. */
  values: Float64Array
  /** Outdoor temperature on the same grid; NaN = not known. */
  temperatureCelsius?: Float64Array
  /** People in the building on the same grid, a covariate of energy; NaN = not known. */
  people?: Float64Array
  /** Whether a local day (days since 1970-01-01) is a day off by decree. Without it no day is. */
  isHoliday?: (localDay: number) => boolean
}

export const MS_PER_HOUR = 3_600_000

/** End of the last hour, epoch milliseconds. */
export const endMs = ({ startMs, values }: HourlySeries): number => startMs + values.length * MS_PER_HOUR

/** The same series as it was known at `issuedAtMs`: shares memory, holds no later hour. */
export const until = (series: HourlySeries, issuedAtMs: number): HourlySeries =>
  hoursOf(series, 0, Math.max(0, Math.floor((issuedAtMs - series.startMs) / MS_PER_HOUR)))

/** The hours from index `from` to before `to` (the end when left out), sharing memory. */
export const hoursOf = (series: HourlySeries, from: number, to?: number): HourlySeries => ({
  ...series,
  startMs: series.startMs + from * MS_PER_HOUR,
  values: series.values.subarray(from, to),
  ...(series.temperatureCelsius && { temperatureCelsius: series.temperatureCelsius.subarray(from, to) }),
  ...(series.people && { people: series.people.subarray(from, to) }),
})
