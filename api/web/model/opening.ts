import type { Calendar } from '../../../city/calendar.ts'
import { WEEKDAYS, type Building, type Weekday } from '../../../city/cityFile.ts'
import type { Format } from '../format.ts'
import type { BuildingView, OpeningDay } from '../view.ts'

/** When the building is open on the local day of `timeMs`; split hours are shown as one, from first to last. */
export const openingOn = (calendar: Calendar, building: Building | undefined, timeMs: number): OpeningDay => {
  if (!building) return 'unknown'
  if (building.openingHours.length === 0) return 'always'
  const hours = calendar.hours(building, timeMs)
  const [first, last] = [hours[0], hours.at(-1)]
  return first && last ? { opensMs: first.opensMs, closesMs: last.closesMs } : 'closed'
}

/** `Senin–Jumat 07.30–16.00`, one line for each rule. */
export const openingLines = (
  format: Format,
  building: Building | undefined,
): BuildingView['openingLines'] => {
  if (!building) return 'unknown'
  if (building.openingHours.length === 0) return 'always'
  const { words, language } = format
  const names = dayNames(language)
  const minutes = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
  return building.openingHours.map(({ days, opens, closes }) => ({
    days:
      days.length === WEEKDAYS.length
        ? words('day.all')
        : stretches(days)
            .map(([from, to]) =>
              from === to ? names[from] : words('day.range', { from: names[from], to: names[to] }),
            )
            .join(', '),
    hours: words('day.range', { from: format.clock(minutes(opens)), to: format.clock(minutes(closes)) }),
  }))
}

/** Days that follow one another, from the first to the last. */
const stretches = (days: readonly Weekday[]): [Weekday, Weekday][] => {
  const found: [Weekday, Weekday][] = []
  let before = -2
  for (const [index, day] of WEEKDAYS.entries()) {
    if (!days.includes(day)) continue
    const last = found.at(-1)
    if (last && before === index - 1) last[1] = day
    else found.push([day, day])
    before = index
  }
  return found
}

/** 5 January 1970 was a Monday. */
const dayNames = (language: Format['language']): Record<Weekday, string> => {
  const name = new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' })
  const of = (index: number): string => name.format(Date.UTC(1970, 0, 5 + index))
  return { mon: of(0), tue: of(1), wed: of(2), thu: of(3), fri: of(4), sat: of(5), sun: of(6) }
}
