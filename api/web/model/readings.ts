import { accessOf, MINIMUM_PEOPLE, type Access } from '../../../city/disclosure.ts'
import { shareOf } from '../components/peopleWords.ts'
import type { DisclosedNow } from '../../buildings.ts'
import type { Freshness, Measured, PeopleNow } from '../view.ts'

/** After this long without data a sensor counts as silent, and forecasts that rest on it are withheld. */
const SILENT_AFTER_SECONDS = 2 * 3600
/** However long its step: what was measured before yesterday says nothing of now. */
const FRESH_AT_MOST_SECONDS = 24 * 3600

/** What counts as fresh where no step is known. */
const FRESH_UNKNOWN_SECONDS = 900

/** The page is the same for everybody, whoever is logged in. */
export const PAGE_ROLE = 'citizen'

/** What the page may say of a building's people. */
export const PEOPLE_ACCESS: Access = accessOf(PAGE_ROLE, {
  path: 'building/occupancy',
  unit: '1',
  kind: 'instant',
})

export const freshnessOf = (state: DisclosedNow['state'], ageSeconds: number | null): Freshness => {
  if (state === 'none' || ageSeconds === null) return 'none'
  if (state === 'fresh') return ageSeconds <= FRESH_AT_MOST_SECONDS ? 'fresh' : 'old'
  return ageSeconds > SILENT_AFTER_SECONDS ? 'silent' : 'old'
}

/** How fresh a building is of which only a time is known. */
export const freshnessAt = (timeMs: number, nowMs: number): Freshness => {
  const ageSeconds = (nowMs - timeMs) / 1000
  return freshnessOf(ageSeconds <= FRESH_UNKNOWN_SECONDS ? 'fresh' : 'stale', ageSeconds)
}

/** A property now as a number of the page; null when it was never measured. `scale` turns W into kW. */
export const measuredOf = (now: DisclosedNow | undefined, scale = 1): Measured | null => {
  if (!now || now.value === null || now.timeMs === null) return null
  return { value: now.value * scale, timeMs: now.timeMs, freshness: freshnessOf(now.state, now.ageSeconds) }
}

/** People now; the count is already rounded or withheld. Null when never measured. */
export const peopleOf = (now: DisclosedNow | undefined, capacity: number | null): PeopleNow | null => {
  if (!now || now.timeMs === null || (now.value === null && now.suppressed !== true)) return null
  const people = now.value === null || now.value < MINIMUM_PEOPLE ? null : now.value
  return {
    people,
    share: people === null || capacity === null || capacity === 0 ? null : shareOf(people, capacity),
    level: now.level === undefined || now.level === 'unknown' ? null : now.level,
    timeMs: now.timeMs,
    freshness: freshnessOf(now.state, now.ageSeconds),
  }
}
