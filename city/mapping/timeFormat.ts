import { NadiError } from '../errors.ts'

/** A time as a file writes it: wall-clock (`wallMs` as if it were UTC), or an instant when the text has an offset. */
export interface WrittenTime {
  ms: number
  isInstant: boolean
}

/** Reads one text; undefined when it is not a time of the format. */
export type TimeParser = (text: string) => WrittenTime | undefined

/**
 * The parser of a format: `iso` (`2020-01-30 08:00`, with `T`, seconds, fraction, `Z` or an offset when they are
 * there), `unix`, `unix-ms`, or a pattern of YYYY YY MM M DD D HH H hh h mm m ss s A and other text as it is.
 * Two-digit years are 1970 to 2069. Throws `invalid-input` for a pattern without a year, month or day.
 */
export const timeParser = (format: string): TimeParser => {
  if (format === 'iso') return parseIso
  if (format === 'unix') return (text) => instant(text, 1000)
  if (format === 'unix-ms') return (text) => instant(text, 1)
  return compile(format)
}

/** The same parser, which does not read the text of the row before again: long tables repeat it. */
export const remembering = (parse: TimeParser): TimeParser => {
  let lastText: string | undefined
  let last: WrittenTime | undefined
  return (text) => {
    if (text !== lastText) {
      last = parse(text)
      lastText = text
    }
    return last
  }
}

const instant = (text: string, scale: number): WrittenTime | undefined => {
  if (!/^-?\d{1,15}(\.\d+)?$/.test(text)) return undefined
  return { ms: Math.floor(Number(text) * scale), isInstant: true }
}

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?: ?(Z|[+-]\d\d(?::?\d\d)?))?)?$/

const parseIso: TimeParser = (text) => {
  const match = ISO.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', offset] = match
  const wallMs = wallClock(+(year ?? 0), +(month ?? 0), +(day ?? 0), +hour, +minute, +second)
  if (wallMs === undefined) return undefined
  const ms = wallMs + Number(fraction.slice(0, 3).padEnd(3, '0'))
  return offset === undefined ? { ms, isInstant: false } : withOffset(ms, offset)
}

const withOffset = (ms: number, offset: string): WrittenTime | undefined => {
  if (offset === 'Z') return { ms, isInstant: true }
  const hours = Number(offset.slice(1, 3))
  const minutes = Number(offset.slice(3).replace(':', '') || '0')
  if (hours > 23 || minutes > 59) return undefined
  const offsetMs = (hours * 60 + minutes) * 60_000
  return { ms: offset.startsWith('-') ? ms + offsetMs : ms - offsetMs, isInstant: true }
}

/** Midnight may be written 24:00. Undefined for a day or time that no calendar has. */
const wallClock = (
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number | undefined => {
  const midnight24 = hour === 24 && minute === 0 && second === 0
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  if ((hour > 23 && !midnight24) || minute > 59 || second > 59) return undefined
  const dayMs = new Date(0).setUTCFullYear(year, month - 1, day)
  return dayMs + ((hour * 60 + minute) * 60 + second) * 1000
}

const daysIn = (year: number, month: number): number =>
  month === 2
    ? year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
      ? 29
      : 28
    : [4, 6, 9, 11].includes(month)
      ? 30
      : 31

/** Pattern letters, longest first, with the digits that each takes. */
const TOKENS: Readonly<Record<string, string>> = {
  YYYY: '(?<year>\\d{4})',
  YY: '(?<shortYear>\\d\\d)',
  MM: '(?<month>\\d\\d)',
  M: '(?<month>\\d\\d?)',
  DD: '(?<day>\\d\\d)',
  D: '(?<day>\\d\\d?)',
  HH: '(?<hour>\\d\\d)',
  H: '(?<hour>\\d\\d?)',
  hh: '(?<hour12>\\d\\d)',
  h: '(?<hour12>\\d\\d?)',
  mm: '(?<minute>\\d\\d)',
  m: '(?<minute>\\d\\d?)',
  ss: '(?<second>\\d\\d)',
  s: '(?<second>\\d\\d?)',
  A: '(?<half>[AaPp][Mm])',
}

const compile = (format: string): TimeParser => {
  const expression = patternOf(format)
  return (text) => {
    const groups = expression.exec(text)?.groups
    if (!groups) return undefined
    const { year, shortYear = '0', month, day, hour, hour12 = '0', minute = '0', second = '0', half } = groups
    const fullYear = year ? Number(year) : Number(shortYear) + (Number(shortYear) < 70 ? 2000 : 1900)
    const afternoon = half?.toLowerCase() === 'pm' ? 12 : 0
    const hours = hour === undefined ? (Number(hour12) % 12) + afternoon : Number(hour)
    const ms = wallClock(fullYear, Number(month), Number(day), hours, Number(minute), Number(second))
    return ms === undefined ? undefined : { ms, isInstant: false }
  }
}

const patternOf = (format: string): RegExp => {
  const source = format.replace(/YYYY|YY|MM|M|DD|D|HH|H|hh|h|mm|m|ss|s|A|[^]/g, (part) => {
    return TOKENS[part] ?? RegExp.escape(part)
  })
  const complete = /<(year|shortYear)>/.test(source) && source.includes('<month>') && source.includes('<day>')
  try {
    if (complete) return new RegExp(`^${source}$`)
  } catch (cause) {
    throw wrongFormat(format, cause)
  }
  throw wrongFormat(format)
}

const wrongFormat = (format: string, cause?: unknown): NadiError =>
  new NadiError(
    'invalid-input',
    `"${format}" is no time format: write iso, unix, unix-ms or a pattern with year, month and day, each once, such as "DD.MM.YYYY HH:mm".`,
    { cause },
  )
