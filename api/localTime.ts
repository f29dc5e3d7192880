import { NadiError } from '../city/errors.ts'

/**
 * Times at the edge of the API: out with the local offset (`2026-11-24T10:00:00+08:00`), in as ISO 8601 with an
 * offset, or without one and then local to the building.
 */

const MS_PER_QUARTER = 900_000

/** A function that writes epoch milliseconds as local time with offset. Reuses offsets: answers hold thousands. */
export const localTimeWriter = (timeZone: string): ((timeMs: number) => string) => {
  // Every zone's changes fall on a quarter of an hour, so an offset holds for one.
  const offsets = new Map<number, { shiftMs: number; text: string }>()
  const offsetAt = (timeMs: number) => {
    const quarter = Math.floor(timeMs / MS_PER_QUARTER)
    let offset = offsets.get(quarter)
    if (!offset) {
      const zoned = Temporal.Instant.fromEpochMilliseconds(quarter * MS_PER_QUARTER).toZonedDateTimeISO(
        timeZone,
      )
      // ISO 8601 knows no seconds in an offset; old local mean times have them.
      const minutes = Math.round(zoned.offsetNanoseconds / 6e10)
      offset = { shiftMs: minutes * 60_000, text: offsetText(minutes) }
      offsets.set(quarter, offset)
    }
    return offset
  }
  return (timeMs) => {
    const { shiftMs, text } = offsetAt(timeMs)
    const local = new Date(timeMs + shiftMs).toISOString()
    return (local.endsWith('.000Z') ? local.slice(0, -5) : local.slice(0, -1)) + text
  }
}

const offsetText = (minutes: number): string => {
  const size = Math.abs(minutes)
  const two = (number: number): string => String(number).padStart(2, '0')
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

/** Earliest and latest time that a question may name: what a store can hold; the first local day of 1970 begins early in the east. */
const EARLIEST_MS = -86_400_000
const LATEST_MS = Date.UTC(2200, 0, 1)

const SHAPE =
  /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)([Zz]|[+-]\d{2}(?::?\d{2})?)?)?$/

/**
 * Reads a time of a query. A date alone is its local midnight; a local time that clocks skip or repeat is the one
 * that a clock on the wall would show first. Throws `invalid-input` naming the parameter.
 */
export const parseTime = (text: string, parameter: string, timeZone: string): number => {
  // A plus sign that was not escaped arrives as a space.
  const match = SHAPE.exec(
    text
      .trim()
      .replace(/ (\d{2}:?\d{2})$/, (all, offset: string) =>
        /[Tt]\d{2}:\d{2}/.test(text) ? `+${offset}` : all,
      ),
  )
  const timeMs = match ? toEpochMs(match, timeZone) : undefined
  if (timeMs === undefined || timeMs < EARLIEST_MS || timeMs > LATEST_MS) {
    throw wrongParameter(parameter, A_TIME)
  }
  return Math.max(0, timeMs)
}

/** What a time should be, in words. */
export const A_TIME =
  'a time from 1970 to 2200 like 2026-11-24T10:00:00+08:00, 2026-11-24T02:00:00Z or 2026-11-24'

/** Whether `parseTime` reads the text, at most a day at its borders aside. */
export const isTime = (text: string): boolean => {
  try {
    return text.length <= 40 && parseTime(text, '', 'UTC') >= 0
  } catch {
    return false
  }
}

const toEpochMs = (match: RegExpExecArray, timeZone: string): number | undefined => {
  const [, date = '', clock = '00:00', offset] = match
  try {
    if (offset !== undefined) return Temporal.Instant.from(`${date}T${clock}${offset}`).epochMilliseconds
    return Temporal.PlainDateTime.from(`${date}T${clock}`).toZonedDateTime(timeZone).epochMilliseconds
  } catch {
    return undefined
  }
}

/** The error for one wrong query parameter. */
export const wrongParameter = (parameter: string, detail: string): NadiError =>
  new NadiError('invalid-input', `Parameter "${parameter}" is wrong: it should be ${detail}.`, {
    problems: [{ pointer: `/${parameter}`, detail }],
  })
