/**
 * From wall-clock times to instants. A wall-clock time is written here as the epoch milliseconds that it would have
 * in UTC (`wallMs`). Where clocks go back an hour comes twice: the first time it is met is the first hour, once it
 * has been passed the next is the second, so rows are told apart by their order. Where clocks go forward an hour is
 * missing: a time inside it is moved on by the width of the gap, as `java.time` and iCalendar do, and counted.
 */
const DAY_MS = 86_400_000

/** True for a zone that the runtime knows: an IANA name, `UTC`, or an offset such as `+07:00`. */
export const isTimeZone = (zone: string): boolean => {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone)
    return true
  } catch {
    return false
  }
}

/** What a wall-clock time can mean: twice the same instant, two (a repeat), or a moved one (a gap). */
export interface Meaning {
  earlierMs: number
  laterMs: number
  gap: boolean
}

/** Looks wall-clock times of one zone up; days without a change of clocks are remembered, so a look-up is cheap. */
export const createZone = (zone: string): ((wallMs: number) => Meaning) => {
  /** Offset of a whole day of wall-clock time, or undefined where it changes nearby. */
  const offsets = new Map<number, number | undefined>()
  const offsetOfDay = (day: number): number | undefined => {
    const start = Temporal.Instant.fromEpochMilliseconds((day - 1) * DAY_MS).toZonedDateTimeISO(zone)
    const change = start.getTimeZoneTransition('next')
    const steady = change === null || change.epochMilliseconds > (day + 2) * DAY_MS
    return steady ? start.offsetNanoseconds / 1e6 : undefined
  }
  return (wallMs) => {
    const day = Math.floor(wallMs / DAY_MS)
    if (!offsets.has(day)) offsets.set(day, offsetOfDay(day))
    const offsetMs = offsets.get(day)
    if (offsetMs !== undefined) {
      return { earlierMs: wallMs - offsetMs, laterMs: wallMs - offsetMs, gap: false }
    }
    const wall = Temporal.Instant.fromEpochMilliseconds(wallMs).toZonedDateTimeISO('UTC').toPlainDateTime()
    const earlier = wall.toZonedDateTime(zone, { disambiguation: 'earlier' })
    const later = wall.toZonedDateTime(zone, { disambiguation: 'later' })
    const laterMs = later.epochMilliseconds
    if (!later.toPlainDateTime().equals(wall)) return { earlierMs: laterMs, laterMs, gap: true }
    return { earlierMs: earlier.epochMilliseconds, laterMs, gap: false }
  }
}

/** What became of a time on its way to an instant. */
export type ClockChange = 'none' | 'gap' | 'repeat'

/** The clock of rows in order: it remembers the last time to tell repeats apart. */
export interface RowClock {
  /** The instant of a row's wall-clock time; asked again for the same line it answers the same. */
  toInstant(wallMs: number, line: number): number
  /** What the last row met. */
  change: ClockChange
}

/** A clock that stands before all rows. `lookUp` comes from `createZone` and may be shared. */
export const createRowClock = (lookUp: (wallMs: number) => Meaning): RowClock => {
  let lastMs = Number.NEGATIVE_INFINITY
  let lastLine = 0
  const clock: RowClock = {
    change: 'none',
    toInstant(wallMs, line) {
      if (line === lastLine) return lastMs
      const { earlierMs, laterMs, gap } = lookUp(wallMs)
      const passed = lastMs >= earlierMs && lastMs < laterMs
      clock.change = gap ? 'gap' : earlierMs === laterMs ? 'none' : 'repeat'
      lastMs = passed ? laterMs : earlierMs
      lastLine = line
      return lastMs
    },
  }
  return clock
}
