import type { BestHours, Interval, PeopleDay, PeopleHour } from '../../api/web/view.ts'
import { HOUR_MS } from '../../city/partials.ts'

/** A made-up city at 10.15 WITA on Tuesday 24 November 2026, in every state that a page can be in. */
export const MINUTE_MS = 60_000
export const MIDNIGHT_MS = Date.UTC(2026, 10, 23, 16)
export const NOW_MS = MIDNIGHT_MS + 10 * HOUR_MS + 15 * MINUTE_MS

/** How full a house is in each hour of a day, of its peak. */
export const SHAPE = [
  0, 0, 0, 0, 0, 0, 0.04, 0.2, 0.6, 0.9, 1, 0.95, 0.6, 0.45, 0.8, 0.72, 0.3, 0.1, 0.06, 0.02, 0, 0, 0, 0,
]
const tens = (people: number): number => Math.round(people / 10) * 10

export interface DayOptions {
  capacity: number | null
  peak: number
  nowMs?: number
  dayStartMs?: number
  opens?: number
  closes?: number
  always?: boolean
  closed?: boolean
  silentFrom?: number
  lastMeasuredHour?: number
  forecast?: boolean
}

export const day = (options: DayOptions): PeopleDay => {
  const { capacity, peak, nowMs = NOW_MS, dayStartMs = MIDNIGHT_MS, opens = 7.5, closes = 16 } = options
  const hours = SHAPE.map((share, hour): PeopleHour => {
    const startMs = dayStartMs + hour * HOUR_MS
    const people = options.closed ? 0 : tens(share * peak)
    const past = startMs < nowMs && hour <= (options.lastMeasuredHour ?? 23)
    const value = people < 10 ? 'few' : people
    const interval: Interval = {
      low: Math.max(10, tens(people * 0.75)),
      middle: people,
      high: tens(people * 1.3) + 10,
    }
    return {
      startMs,
      endMs: startMs + HOUR_MS,
      measured: past ? value : null,
      share: past ? 1 : 0,
      forecast: options.forecast === false ? null : value === 'few' ? 'few' : interval,
    }
  })
  const best: BestHours | null =
    options.closed || options.forecast === false
      ? null
      : {
          startMs: dayStartMs + 13 * HOUR_MS,
          endMs: dayStartMs + 14 * HOUR_MS,
          people: { low: tens(peak * 0.35), middle: tens(peak * 0.45), high: tens(peak * 0.6) },
          day: dayStartMs > nowMs ? 'tomorrow' : 'today',
          now: false,
        }
  return {
    dayStartMs,
    hours,
    opening: options.always
      ? 'always'
      : options.closed
        ? 'closed'
        : { opensMs: dayStartMs + opens * HOUR_MS, closesMs: dayStartMs + closes * HOUR_MS },
    capacity,
    best,
  }
}
