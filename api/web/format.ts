import { HOUR_MS } from '../../city/partials.ts'
import { createWords, localeOf, type Language, type Words } from './words.ts'

/** Writes numbers, times and ages in the page's language and the city's time zone. */
export interface Format {
  language: Language
  words: Words
  /** `1.234,5` with at most `decimals` decimals, at least `least`. */
  number(value: number, decimals?: number, least?: number): string
  /** A share of 1 as `45%`. */
  percent(share: number): string
  /** `13.00` or `13:00`. */
  time(timeMs: number): string
  /** `07.30` of minutes since midnight. */
  clock(minutes: number): string
  /** `13.00–14.00`. */
  hours(startMs: number, endMs: number): string
  /** `Selasa, 24 November 2026`. */
  date(timeMs: number): string
  /** `Rabu 25 Nov`. */
  shortDate(timeMs: number): string
  /** `Rab 25 Nov`, where there is little room. */
  briefDate(timeMs: number): string
  /** `Rabu`. */
  weekday(timeMs: number): string
  /** `3 menit lalu`; in words up to a day, then empty: the moment beside it holds the date. */
  age(timeMs: number, nowMs: number): string
  /** The time today; the short date with it on another day, the year too when it is another; the zone if not the page's. */
  moment(timeMs: number, nowMs: number): string
  /** `08.41, 1 jam 34 menit lalu`; from a day on the moment alone, which holds the date. */
  last(timeMs: number, nowMs: number): string
  /** The same writing for what is local to another zone; its moments name that zone. */
  inZone(timeZone: string): Format
  /** `WITA`, `UTC+8` where the zone has no name. */
  zoneName(timeMs: number): string
  /** `WITA`, `UTC+1`: as short as it goes. */
  zone(timeMs: number): string
}

const MINUTE_MS = 60_000

/** The writing of one language in one time zone. */
export const createFormat = (language: Language, timeZone: string, pageZone = timeZone): Format => {
  const locale = localeOf(language)
  const words = createWords(language)
  const point = language === 'id' ? '.' : ':'
  const date = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { timeZone, ...options })
  const wall = date({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const long = date({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
  const short = date({ weekday: 'long', day: 'numeric', month: 'short' })
  const dated = date({ day: 'numeric', month: 'short', year: 'numeric' })
  const year = date({ year: 'numeric' })
  const brief = date({ weekday: 'short', day: 'numeric', month: 'short' })
  const weekday = date({ weekday: 'long' })
  const sameDay = date({ year: 'numeric', month: 'numeric', day: 'numeric' })

  const offset = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'shortOffset' })
  const shares = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 })
  // To make one takes as long as to write a hundred numbers with it.
  const made = new Map<string, Intl.NumberFormat>()
  const numbers = (decimals: number, least: number): Intl.NumberFormat => {
    const key = `${decimals} ${least}`
    let format = made.get(key)
    if (!format) {
      format = new Intl.NumberFormat(locale, {
        minimumFractionDigits: least,
        maximumFractionDigits: decimals,
      })
      made.set(key, format)
    }
    return format
  }

  const time = (timeMs: number): string => {
    const parts = Object.fromEntries(wall.formatToParts(timeMs).map((part) => [part.type, part.value]))
    return `${parts.hour}${point}${parts.minute}`
  }
  const shortDate = (timeMs: number): string => short.format(timeMs).replace(',', '')
  const zone = (timeMs: number): string => zoneName(timeZone, offset, timeMs).split(' ')[0] ?? ''
  const others = new Map<string, Format>()
  const age = (timeMs: number, nowMs: number): string => {
    const ageMs = nowMs - timeMs
    if (ageMs < MINUTE_MS) return words('age.now')
    if (ageMs >= 24 * HOUR_MS) return ''
    const hours = Math.floor(ageMs / HOUR_MS)
    const minutes = Math.floor((ageMs % HOUR_MS) / MINUTE_MS)
    if (hours === 0) return words('age.minutes', { minutes })
    return minutes === 0 ? words('age.hours', { hours }) : words('age.hoursMinutes', { hours, minutes })
  }
  const moment = (timeMs: number, nowMs: number): string => {
    const clock = timeZone === pageZone ? time(timeMs) : `${time(timeMs)} ${zone(timeMs)}`
    if (sameDay.format(timeMs) === sameDay.format(nowMs)) return clock
    return year.format(timeMs) === year.format(nowMs)
      ? `${shortDate(timeMs)} ${clock}`
      : `${dated.format(timeMs)}, ${clock}`
  }
  const self: Format = {
    language,
    words,
    number: (value, decimals = 0, least = 0) =>
      // Minus zero is written as zero.
      numbers(decimals, least).format(value === 0 ? 0 : value),
    percent: (share) => shares.format(share),
    time,
    clock: (minutes) =>
      `${String(Math.floor(minutes / 60)).padStart(2, '0')}${point}${String(minutes % 60).padStart(2, '0')}`,
    hours: (startMs, endMs) => `${time(startMs)}–${time(endMs)}`,
    date: (timeMs) => long.format(timeMs),
    shortDate,
    briefDate: (timeMs) => brief.format(timeMs).replace(',', ''),
    weekday: (timeMs) => weekday.format(timeMs),
    age,
    moment,
    last: (timeMs, nowMs) =>
      [moment(timeMs, nowMs), age(timeMs, nowMs)].filter((text) => text !== '').join(', '),
    inZone: (other) => {
      if (other === timeZone) return self
      let made = others.get(other)
      if (!made) others.set(other, (made = createFormat(language, other, pageZone)))
      return made
    },
    zone,
    zoneName: (timeMs) => zoneName(timeZone, offset, timeMs),
  }
  return self
}

/** Indonesia's three zones by their own names, others by their distance from UTC. */
const zoneName = (timeZone: string, offset: Intl.DateTimeFormat, timeMs: number): string => {
  const own: Readonly<Record<string, string>> = {
    'Asia/Jakarta': 'WIB',
    'Asia/Pontianak': 'WIB',
    'Asia/Makassar': 'WITA',
    'Asia/Ujung_Pandang': 'WITA',
    'Asia/Jayapura': 'WIT',
  }
  const distance = offset.formatToParts(timeMs).find((part) => part.type === 'timeZoneName')?.value
  const utc = (distance ?? 'GMT').replace('GMT', 'UTC')
  return own[timeZone] ? `${own[timeZone]} (${utc})` : utc
}
