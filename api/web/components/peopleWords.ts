import { MINIMUM_PEOPLE } from '../../../city/disclosure.ts'
import type { Format } from '../format.ts'
import type { BestHours, Interval, PeopleNow } from '../view.ts'

/** An en dash after which a line is not broken. */
const TO = '–\u2060'

/** `30%`: a share of the capacity, rounded to five in a hundred. */
export const shareOf = (people: number, capacity: number): number => Math.round((people / capacity) * 20) / 20

/** Under this many in a hundred, a share is told as "under": as rounded it would be none. */
export const LEAST_PERCENT = 5

/** A share in whole per cent, or null where it is under `LEAST_PERCENT` with somebody there. */
export const percentOfShare = (share: number): number | null => {
  const percent = Math.round(share * 100)
  return percent < LEAST_PERCENT ? null : percent
}

/** `±80 dari 400 orang`, with what is not known said. */
export const peopleOfCapacity = (format: Format, now: PeopleNow, capacity: number | null): string => {
  const { words } = format
  if (now.people === null) return words('people.belowWhy')
  const people = format.number(now.people)
  return capacity === null
    ? `${words('people.about', { people })}, ${words('people.capacityUnknown')}`
    : words('people.ofCapacity', { people, capacity: format.number(capacity) })
}

/** `di bawah 10 orang` or `±120 orang`. */
export const expectedPeople = (format: Format, people: Interval | 'few'): string =>
  people === 'few' || people.middle < MINIMUM_PEOPLE
    ? format.words('people.belowPeople', { count: MINIMUM_PEOPLE })
    : format.words('people.about', { people: format.number(people.middle) })

/** As `expectedPeople`, for a narrow column. */
export const shortPeople = (format: Format, people: Interval | 'few'): string =>
  people === 'few' || people.middle < MINIMUM_PEOPLE
    ? format.words('people.belowPeople', { count: MINIMUM_PEOPLE })
    : format.words('people.short', { people: format.number(people.middle) })

/** `13.00–14.00`, `Sekarang` or `Besok 08.00–09.00`. */
export const bestHoursWords = (format: Format, best: BestHours): string => {
  if (best.now) return format.words('best.now')
  const hours = format.hours(best.startMs, best.endMs)
  return best.day === 'tomorrow' ? format.words('best.tomorrow', { hours }) : hours
}

/** `100–150`, `<10–20`: an interval of people, whose end under the minimum count is not told. */
export const peopleRange = (format: Format, people: Interval | 'few'): string => {
  if (people === 'few') return format.words('people.below', { count: MINIMUM_PEOPLE })
  if (people.low >= MINIMUM_PEOPLE) return rangeWords(format, people)
  return `<${MINIMUM_PEOPLE}${TO}${format.number(people.high)}`
}

/** An interval with its ends in order: `100–150`; one number when both ends are rounded to the same. */
export const rangeWords = (
  format: Format,
  { low, high }: { low: number; high: number },
  decimals = 0,
): string =>
  low === high
    ? format.number(low, decimals)
    : `${format.number(low, decimals)}${TO}${format.number(high, decimals)}`
