import { type Building, type CityFile, type Holiday, WEEKDAYS, type Weekday } from './cityFile.ts'
import { NATIONAL_HOLIDAYS } from './holidays.ts'

/**
 * When a city's buildings are open. Pure: the time is an argument, days are local to the city's time zone, and hours
 * are epoch milliseconds (so a day of 23 or 25 hours is one as well).
 */
export interface Calendar {
  readonly timeZone: string
  /** The local day that a time falls into. */
  day(timeMs: number): CalendarDay
  /** Opening hours of the building on the local day of `timeMs`, ascending. Always open: the whole day. */
  hours(building: OpeningRules, timeMs: number): Hours[]
  isOpen(building: OpeningRules, timeMs: number): boolean
  /** The next time after `timeMs` that the building opens; undefined when none comes within a year, or it never closes. */
  nextOpening(building: OpeningRules, timeMs: number): number | undefined
  /** When a building that is open at `timeMs` closes; undefined when it is closed, or open on to the next day. */
  closing(building: OpeningRules, timeMs: number): number | undefined
}

interface CalendarDay {
  /** `2026-08-17`. */
  date: string
  weekday: Weekday
  startMs: number
  /** Start of the next day. */
  endMs: number
  holiday: Holiday | undefined
}

interface Hours {
  opensMs: number
  /** Exclusive. */
  closesMs: number
}

export type OpeningRules = Pick<Building, 'openingHours' | 'opensOnHolidays'>

const FARTHEST_DAYS = 366
const CACHED_DAYS = 1_000

/** Makes the calendar of a city: its time zone, its national holidays and its own. */
export const createCalendar = (
  city: Pick<CityFile, 'timeZone' | 'holidays' | 'nationalHolidays'>,
): Calendar => {
  const { timeZone } = city
  const holidays = new Map(
    [...NATIONAL_HOLIDAYS[city.nationalHolidays ?? 'indonesia'], ...city.holidays].map((holiday) => [
      holiday.date,
      holiday,
    ]),
  )
  // The only state: days already worked out, since a time zone's arithmetic is slow and asked often.
  const days: CalendarDay[] = []

  const day = (timeMs: number): CalendarDay => {
    const known = days.find(({ startMs, endMs }) => startMs <= timeMs && timeMs < endMs)
    if (known) return known
    const date = Temporal.Instant.fromEpochMilliseconds(timeMs).toZonedDateTimeISO(timeZone).toPlainDate()
    const made: CalendarDay = {
      date: date.toString(),
      weekday: WEEKDAYS[date.dayOfWeek - 1] ?? 'mon',
      startMs: date.toZonedDateTime(timeZone).epochMilliseconds,
      endMs: date.add({ days: 1 }).toZonedDateTime(timeZone).epochMilliseconds,
      holiday: holidays.get(date.toString()),
    }
    // Newest first, as the next question is most likely about the same day.
    days.unshift(made)
    if (days.length > CACHED_DAYS) days.pop()
    return made
  }

  const at = ({ date, endMs }: CalendarDay, time: string): number =>
    time === '24:00'
      ? endMs
      : Temporal.PlainDateTime.from(`${date}T${time}`).toZonedDateTime(timeZone).epochMilliseconds

  const hours = ({ openingHours, opensOnHolidays }: OpeningRules, timeMs: number): Hours[] => {
    const today = day(timeMs)
    if (openingHours.length === 0) return [{ opensMs: today.startMs, closesMs: today.endMs }]
    if (today.holiday && !opensOnHolidays) return []
    return openingHours
      .filter(({ days }) => days.includes(today.weekday))
      .map(({ opens, closes }) => ({ opensMs: at(today, opens), closesMs: at(today, closes) }))
      .sort((a, b) => a.opensMs - b.opensMs)
  }

  const openAt = (building: OpeningRules, timeMs: number): Hours | undefined =>
    hours(building, timeMs).find(({ opensMs, closesMs }) => opensMs <= timeMs && timeMs < closesMs)

  return {
    timeZone,
    day,
    hours,
    isOpen: (building, timeMs) => openAt(building, timeMs) !== undefined,
    nextOpening(building, timeMs) {
      if (building.openingHours.length === 0) return undefined
      let askedMs = timeMs
      let previousClosesMs: number | undefined
      for (let count = 0; count < FARTHEST_DAYS; count++) {
        for (const { opensMs, closesMs } of hours(building, askedMs)) {
          // What goes on from one day into the next at midnight does not open anew.
          if (opensMs > timeMs && opensMs !== previousClosesMs) return opensMs
          previousClosesMs = closesMs
        }
        askedMs = day(askedMs).endMs
      }
      return undefined
    },
    closing(building, timeMs) {
      const open = openAt(building, timeMs)
      return open && open.closesMs < day(timeMs).endMs ? open.closesMs : undefined
    },
  }
}
