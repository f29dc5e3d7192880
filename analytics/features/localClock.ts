import { MS_PER_HOUR } from '../series.ts'

/**
 * Hours between UTC and the wall clock of a zone, for every hour of a span. Worked out from the zone's transitions, of
 * which there are two a year, since asking `Temporal` for each hour costs more than the forecast.
 */
export interface LocalClock {
  /** Hours since 1970-01-01T00 on the wall clock (the half hour of a zone such as Asia/Kolkata is dropped). */
  localHour(timeMs: number): number
  /** Local days since 1970-01-01. */
  localDay(timeMs: number): number
}

const MS_PER_DAY = 24 * MS_PER_HOUR

/** The clock of a zone, right within `[fromMs, toMs]`. */
export const createLocalClock = (timeZone: string, fromMs: number, toMs: number): LocalClock => {
  const starts: number[] = []
  const offsets: number[] = []
  let zoned = Temporal.Instant.fromEpochMilliseconds(fromMs).toZonedDateTimeISO(timeZone)
  for (let startMs = -Infinity; ;) {
    starts.push(startMs)
    offsets.push(zoned.offsetNanoseconds / 1e6)
    const next = zoned.getTimeZoneTransition('next')
    if (next === null || next.epochMilliseconds > toMs) break
    zoned = next
    startMs = next.epochMilliseconds
  }
  const offsetMs = (timeMs: number): number => {
    let i = starts.length - 1
    while (timeMs < starts[i]!) i -= 1
    return offsets[i]!
  }
  return {
    localHour: (timeMs) => Math.floor((timeMs + offsetMs(timeMs)) / MS_PER_HOUR),
    localDay: (timeMs) => Math.floor((timeMs + offsetMs(timeMs)) / MS_PER_DAY),
  }
}
