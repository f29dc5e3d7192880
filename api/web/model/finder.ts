import { MINIMUM_PEOPLE } from '../../../city/disclosure.ts'
import { HOUR_MS } from '../../../city/partials.ts'
import { roomFor } from '../../../city/room.ts'
import type { BuildingState, FinderView, OfficeRoom, OpeningDay, PeopleDay } from '../view.ts'

/** What a visitor asks the finder; what is left out is chosen for them. */
export interface FinderQuestion {
  day?: string | undefined
  hour?: string | undefined
  people?: string | undefined
}

/** Hours that may be chosen. */
const [FIRST_HOUR, LAST_HOUR] = [7, 20]
const MOST_PEOPLE = 500

/** A shared office with what is known of its two days. */
export interface Office {
  id: string
  name: string
  state: BuildingState
  capacity: number | null
  days: { today: PeopleDay; tomorrow: PeopleDay } | null
}

/** Who has room at the hour that is asked for; of a wrong question, at the one that is likeliest meant. */
export const findRoom = (
  offices: readonly Office[],
  question: FinderQuestion,
  { nowMs, todayMs, tomorrowMs }: { nowMs: number; todayMs: number; tomorrowMs: number },
): FinderView => {
  const next = Math.ceil((nowMs - todayMs) / HOUR_MS)
  const late = next > LAST_HOUR - 2
  const day =
    question.day === 'today' || question.day === 'tomorrow' ? question.day : late ? 'tomorrow' : 'today'
  const usual = day === 'tomorrow' ? 9 : Math.max(next, 9)
  const hour = wholeIn(question.hour, [FIRST_HOUR, LAST_HOUR]) ?? Math.min(usual, LAST_HOUR)
  const people = wholeIn(question.people, [1, MOST_PEOPLE]) ?? 1
  const startMs = (day === 'today' ? todayMs : tomorrowMs) + hour * HOUR_MS
  return {
    asked: { day, hour, people },
    hours: Array.from({ length: LAST_HOUR - FIRST_HOUR + 1 }, (_, index) => FIRST_HOUR + index),
    mostPeople: MOST_PEOPLE,
    todayMs,
    tomorrowMs,
    startMs,
    offices: offices.map(({ id, name, ...office }) => ({
      id,
      name,
      ...roomAt(office, startMs, people, nowMs),
    })),
  }
}

/** How much room an office has in the hour that holds the time. */
export const roomAt = (
  { state, capacity, days }: Omit<Office, 'id' | 'name'>,
  timeMs: number,
  people: number,
  nowMs: number,
): Pick<OfficeRoom, 'verdict' | 'free'> => {
  const day = days && [days.today, days.tomorrow].find((it) => holds(it, timeMs))
  const hour = day?.hours.find(({ startMs, endMs }) => startMs <= timeMs && timeMs < endMs)
  if (hour && hour.endMs <= nowMs) return { verdict: 'past', free: null }
  if (day && isClosed(day.opening, timeMs)) return { verdict: 'closed', free: null }
  if (state === 'silent') return { verdict: 'withheld', free: null }
  if (!hour || hour.forecast === null || capacity === null) return { verdict: 'unknown', free: null }
  return roomFor(people, { capacity, expected: hour.forecast, fewest: MINIMUM_PEOPLE })
}

const holds = ({ hours }: PeopleDay, timeMs: number): boolean =>
  (hours[0]?.startMs ?? Infinity) <= timeMs && timeMs < (hours.at(-1)?.endMs ?? -Infinity)

const isClosed = (opening: OpeningDay, timeMs: number): boolean =>
  opening === 'closed' ||
  (typeof opening === 'object' && (timeMs < opening.opensMs - HOUR_MS / 2 || timeMs >= opening.closesMs))

const wholeIn = (text: string | undefined, [least, most]: readonly [number, number]): number | undefined => {
  if (text === undefined || !/^\d{1,4}$/.test(text)) return undefined
  const value = Number(text)
  return value >= least && value <= most ? value : undefined
}
