import type { BucketRow } from '../../../city/buckets.ts'
import { disclosePeople, discloseBucket, discloseQuantiles, type Access } from '../../../city/disclosure.ts'
import { HOUR_MS } from '../../../city/partials.ts'
import type { ForecastHour } from '../../../store/forecasts.ts'
import type { BestHours, Interval, OpeningDay, PeopleDay, PeopleHour } from '../view.ts'

/** An hour counts as measured when data cover at least this share of it. */
const LEAST_MEASURED = 0.25
/** Positions of 0.1, 0.5 and 0.9 in the nine quantiles. */
const [LOW, MIDDLE, HIGH] = [0, 4, 8]
/** Best hours are looked for between these where a building never closes: few come at night to be alone. */
const [DAY_FROM_HOUR, DAY_TO_HOUR] = [7, 20]
const MOST_BEST_HOURS = 4
const LEAST_LEFT_MS = 30 * 60_000

/**
 * A forecast of people as it may be told: rounded, `few` when even its upper end is under the minimum count. An end
 * under the minimum is 0, which `peopleRange` writes as "under".
 */
export const disclosedInterval = (access: Access, { quantiles }: ForecastHour): Interval | 'few' => {
  const disclosed = discloseQuantiles(access, quantiles)
  const [low, middle, high] = [LOW, MIDDLE, HIGH].map((index) => disclosed[index ?? 0] ?? 0)
  if (!high) return 'few'
  return { low: low ?? 0, middle: middle ?? 0, high }
}

/**
 * The hours of a local day, each with what was measured (`rows`, dense, up to now) and, for hours not yet over, what
 * is expected.
 */
export const peopleHours = (input: {
  dayStartMs: number
  dayEndMs: number
  nowMs: number
  access: Access
  rows: readonly BucketRow[]
  forecast: readonly ForecastHour[]
}): PeopleHour[] => {
  const rows = new Map(input.rows.map((row) => [row.startMs, row]))
  const forecast = new Map(input.forecast.map((hour) => [hour.startMs, hour]))
  const count = Math.round((input.dayEndMs - input.dayStartMs) / HOUR_MS)
  return Array.from({ length: count }, (_, index) => {
    const startMs = input.dayStartMs + index * HOUR_MS
    const endMs = startMs + HOUR_MS
    const row = rows.get(startMs)
    const expected = forecast.get(startMs)
    return {
      startMs,
      endMs,
      measured: row && startMs <= input.nowMs ? measuredPeople(input.access, row, input.nowMs) : null,
      share: row?.measured ?? 0,
      forecast: expected && endMs > input.nowMs ? disclosedInterval(input.access, expected) : null,
    }
  })
}

const measuredPeople = (access: Access, row: BucketRow, nowMs: number): number | 'few' | null => {
  const over = row.endMs <= nowMs
  if (row.count === 0 || (over && row.measured < LEAST_MEASURED)) return null
  const { mean } = discloseBucket(access, row)
  // An operator's exact mean is drawn as everybody's, so that there is one picture.
  return mean === null ? 'few' : (disclosePeople(mean).people ?? 'few')
}

/** The hours of a day in which one may come; of one that has begun, enough must be left to go there. */
const candidates = (hours: readonly PeopleHour[], opening: OpeningDay, nowMs: number): PeopleHour[] => {
  const first = hours[0]
  if (!first || opening === 'closed') return []
  const [fromMs, toMs] =
    typeof opening === 'object'
      ? [opening.opensMs, opening.closesMs]
      : [first.startMs + DAY_FROM_HOUR * HOUR_MS, first.startMs + DAY_TO_HOUR * HOUR_MS]
  return hours.filter(
    (hour) =>
      hour.startMs >= fromMs &&
      hour.endMs <= toMs &&
      hour.endMs - nowMs >= LEAST_LEFT_MS &&
      hour.forecast !== null,
  )
}

const expected = ({ forecast }: PeopleHour): number =>
  forecast === null || forecast === 'few' ? 0 : forecast.middle

/** The quietest hours of a day that are still to come, the best first; neighbours that are as quiet join it. */
export const quietHoursOf = (
  hours: readonly PeopleHour[],
  opening: OpeningDay,
  { nowMs, day, most }: { nowMs: number; day: BestHours['day']; most: number },
): BestHours[] => {
  const left = candidates(hours, opening, nowMs)
  const found: BestHours[] = []
  while (left.length > 0 && found.length < most) {
    const best = left.reduce((least, hour) => (expected(hour) < expected(least) ? hour : least))
    const from = left.indexOf(best)
    let to = from + 1
    while (to - from < MOST_BEST_HOURS && isContinued(left[to - 1], left[to], best)) to += 1
    const run = left.splice(from, to - from)
    const last = run.at(-1) ?? best
    found.push({
      startMs: best.startMs,
      endMs: last.endMs,
      people: joined(run),
      day,
      now: best.startMs <= nowMs && nowMs < last.endMs,
    })
  }
  return found
}

/** The two best of today and of tomorrow, each day's best first. */
export const quietHoursToCome = (
  days: { today: PeopleDay; tomorrow: PeopleDay } | null,
  nowMs: number,
): BestHours[] =>
  (['today', 'tomorrow'] as const).flatMap((name) => {
    const day = days?.[name]
    return day ? quietHoursOf(day.hours, day.opening, { nowMs, day: name, most: 2 }) : []
  })

const isContinued = (
  before: PeopleHour | undefined,
  hour: PeopleHour | undefined,
  best: PeopleHour,
): boolean =>
  before !== undefined &&
  hour !== undefined &&
  hour.startMs === before.endMs &&
  expected(hour) === expected(best)

/** What to expect in any hour of a run: the widest of their intervals. */
const joined = (run: readonly PeopleHour[]): Interval | 'few' => {
  const intervals = run.flatMap(({ forecast }) => (forecast === null || forecast === 'few' ? [] : [forecast]))
  if (intervals.length === 0) return 'few'
  return {
    low: Math.min(...intervals.map(({ low }) => low)),
    middle: Math.max(...intervals.map(({ middle }) => middle)),
    high: Math.max(...intervals.map(({ high }) => high)),
  }
}
