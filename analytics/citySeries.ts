import type { Calendar } from '../city/calendar.ts'
import { propertyOf, thingOf } from '../city/names.ts'
import type { Catalogue, Datastream } from '../store/catalogue/catalogue.ts'
import type { ForecastProperty } from '../store/forecasts.ts'
import type { ObservationStore } from '../store/observations.ts'
import { hourlyHistory } from './hourlyHistory.ts'
import { localDayStartMs } from './localTime.ts'
import { type HourlySeries, MS_PER_HOUR } from './series.ts'

/** The buildings' own energy and occupancy, which are forecast, as the models see them. */
export interface CitySeries {
  list(property: ForecastProperty): Datastream[]
  isForecast(datastream: Datastream | undefined): boolean
  zoneOf(datastream: Datastream): string
  /** Up to when a series is complete: the end of its newest measured hour; undefined while it has none. */
  completeUntilMs(datastream: Datastream): Promise<number | undefined>
  /**
   * The hours in `[fromMs, toMs)`, both full hours. Holes are NaN, and so are hours that somebody has labelled as bad and
   * what lies before the first reading.
   */
  read(datastream: Datastream, fromMs: number, toMs: number): Promise<HourlySeries>
}

export interface CitySeriesOptions {
  catalogue: Catalogue
  observations: ObservationStore
  /** The city's, for its zone and its days off. */
  calendar: Pick<Calendar, 'timeZone' | 'day'>
}

export const createCitySeries = ({ catalogue, observations, calendar }: CitySeriesOptions): CitySeries => {
  const zoneOf = (datastream: Datastream): string => datastream.timeZone ?? calendar.timeZone
  // Noon of a local day lies within the same day of the city, wherever the building is in it.
  const isHoliday = (localDay: number): boolean =>
    calendar.day(localDayStartMs(localDay, calendar.timeZone) + 12 * MS_PER_HOUR).holiday !== undefined

  const column = async (datastream: Datastream, fromMs: number, toMs: number): Promise<Float64Array> => {
    const values = new Float64Array(Math.max(0, (toMs - fromMs) / MS_PER_HOUR)).fill(NaN)
    const labels = catalogue.labels.list()
    const hours = { fromMs, toMs, timeZone: 'UTC', labels }
    const measured = await hourlyHistory(observations, datastream, hours)
    for (const { timeMs, value } of measured) values[(timeMs - fromMs) / MS_PER_HOUR] = value
    return values
  }

  return {
    zoneOf,
    isForecast: isOwnSeries,
    list: (property) =>
      catalogue.datastreams.list().filter((it) => isOwnSeries(it) && it.property === property),
    async completeUntilMs(datastream) {
      const newest = (await observations.latest([datastream.id])).get(datastream.id)
      return newest && completeUntilMs(datastream, newest.timeMs)
    },
    async read(datastream, fromMs, toMs) {
      const building = thingOf(datastream.path)
      const property = propertyOf(datastream.path) as ForecastProperty
      const outdoor = catalogue.datastreams.find(`${building}/outdoor-temperature`)
      const people = property === 'energy' ? catalogue.datastreams.find(`${building}/occupancy`) : undefined
      return {
        id: building,
        property,
        timeZone: zoneOf(datastream),
        startMs: fromMs,
        values: await column(datastream, fromMs, toMs),
        ...(outdoor && { temperatureCelsius: await column(outdoor, fromMs, toMs) }),
        ...(people && { people: await column(people, fromMs, toMs) }),
        isHoliday,
      }
    },
  }
}

const PROPERTIES: readonly string[] = ['energy', 'occupancy']

const isOwnSeries = (datastream: Datastream | undefined): boolean =>
  datastream !== undefined &&
  !thingOf(datastream.path).includes('/') &&
  PROPERTIES.includes(datastream.property)

/**
 * The full hour up to which data are complete: a state or a register read at 10:02 completes the hours before 10; an
 * amount that began at 10:00 completes its own step as well.
 */
const completeUntilMs = ({ kind, intervalSeconds }: Datastream, newestMs: number): number => {
  const knownUntilMs = kind === 'interval' ? newestMs + (intervalSeconds ?? 3600) * 1000 : newestMs
  return Math.floor(knownUntilMs / MS_PER_HOUR) * MS_PER_HOUR
}
