import type { Calendar, OpeningRules } from '../../city/calendar.ts'
import type { HomeProfile, PeopleProfile, VisitProfile } from './profiles.ts'
import { keyedRandom } from './random.ts'

/** Share of a building's capacity that is in it, before each zone's own chance. */
export type Presence = (timeMs: number) => PresenceNow

interface PresenceNow {
  /** 0 to 1. */
  share: number
  /** The building is run for people: cooled, lit and ventilated. */
  running: boolean
}

/** Guards and cleaners outside the hours. */
const NIGHT_SHARE = 0.006
const MINUTE_MS = 60_000
/** Rooms are cooled down before people come, and the plant stops when the last are leaving. */
const LEAD_MS = 45 * MINUTE_MS
const LAG_MS = 30 * MINUTE_MS
const PEOPLE = 2

export const createPresence = (options: {
  building: OpeningRules
  calendar: Calendar
  profile: PeopleProfile
  seed: number
}): Presence => {
  const { building, calendar, profile, seed } = options
  let today:
    | { startMs: number; endMs: number; factor: number; workday: boolean; hours: [number, number][] }
    | undefined

  return (timeMs) => {
    if (!today || timeMs < today.startMs || timeMs >= today.endMs) {
      const { startMs, endMs, weekday, holiday } = calendar.day(timeMs)
      today = {
        startMs,
        endMs,
        // No two days are equally full.
        factor: 1 + 0.06 * keyedRandom(seed, PEOPLE, Math.floor(startMs / MINUTE_MS)).normal(),
        workday: weekday !== 'sat' && weekday !== 'sun' && !holiday,
        hours: calendar.hours(building, timeMs).map(({ opensMs, closesMs }) => [opensMs, closesMs]),
      }
    }
    const hour = (timeMs - today.startMs) / (60 * MINUTE_MS)
    const { factor, workday } = today
    if (profile.kind === 'home') return { share: factor * homeShare(profile, hour, workday), running: true }
    if (profile.kind === 'shift') {
      const share = profile.nightShare + (profile.dayShare - profile.nightShare) * between(hour, 8, 17, 0.3)
      return { share: factor * (workday ? share : profile.nightShare), running: true }
    }
    const lunch = 1 - profile.lunchShare * Math.exp(-(((hour - 12.35) / 0.45) ** 2))
    const visitors = today.hours.reduce((sum, hours) => sum + visitShare(profile, timeMs, hours), 0)
    const share = visitors * lunch * factor * (workday ? 1 : profile.weekendFactor)
    return {
      share: Math.min(1, NIGHT_SHARE + share),
      running: today.hours.some(
        ([opensMs, closesMs]) => timeMs >= opensMs - LEAD_MS && timeMs < closesMs + LAG_MS,
      ),
    }
  }
}

const visitShare = (profile: VisitProfile, timeMs: number, [opensMs, closesMs]: [number, number]): number => {
  const arrived = step((timeMs - opensMs) / MINUTE_MS - profile.arriveMinutes, profile.arriveSpreadMinutes)
  const left = step((timeMs - closesMs) / MINUTE_MS - profile.leaveMinutes, profile.leaveSpreadMinutes)
  return profile.peakShare * Math.max(0, arrived - left)
}

const homeShare = (profile: HomeProfile, hour: number, workday: boolean): number => {
  const away = workday
    ? profile.awayWorkdayShare * between(hour, 7, 17.4, 0.7)
    : profile.awayWeekendShare * between(hour, 10, 19, 1.4)
  return profile.peakShare * (1 - away)
}

/** 0 before, 1 inside, 0 after, each passed over within about `spread` hours on both sides. */
const between = (hour: number, from: number, to: number, spread: number): number =>
  step(hour - from, spread) - step(hour - to, spread)

/** Logistic step whose standard deviation is `spread`, so that arrivals are spread like a bell. */
const step = (x: number, spread: number): number =>
  1 / (1 + Math.exp((-x * Math.PI) / (spread * Math.sqrt(3))))
