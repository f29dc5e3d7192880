import type { BuildingSummary, OverviewView } from '../view.ts'
import { comfortOf } from './comfort.ts'

/** What the overview says first: the number and the sentence that it completes. */
export type Answer =
  | { kind: 'quiet'; quiet: number; measured: number; someClosed: boolean }
  | { kind: 'closed'; opensMs: number | null; name: string | null }
  | { kind: 'old'; latestMs: number }
  | { kind: 'empty' }
  | { kind: 'failing' }

export interface Ledger {
  bestHour: { startMs: number; day: 'today' | 'tomorrow'; buildings: number } | null
  temperature: { median: number; comfortable: number; measured: number } | null
  efficient: { count: number; measured: number } | null
  latestMs: number | null
  /** Buildings that measured before and have no fresh number. */
  silent: number
  /** Buildings never measured. */
  notYet: number
}

/** Whether the people count of a building holds now. */
const isMeasured = (building: BuildingSummary): boolean => building.people?.freshness === 'fresh'

/** The first answer of the page, from what is known and nothing else. */
export const answerOf = (view: OverviewView): Answer => {
  if (view.failing) return { kind: 'failing' }
  const { buildings } = view
  const latestMs = latestOf(buildings)
  if (latestMs === null) return { kind: 'empty' }
  const measured = buildings.filter(isMeasured)
  if (measured.length === 0) return { kind: 'old', latestMs }
  const open = measured.filter((building) => building.open !== 'closed')
  if (open.length === 0) {
    const next = buildings
      .filter((building) => building.opensNextMs !== null)
      .sort((a, b) => (a.opensNextMs ?? 0) - (b.opensNextMs ?? 0))[0]
    return { kind: 'closed', opensMs: next?.opensNextMs ?? null, name: next?.name ?? null }
  }
  const quiet = open.filter((building) => building.people?.level === 'quiet').length
  return { kind: 'quiet', quiet, measured: open.length, someClosed: open.length < measured.length }
}

/** The rows under the answer. */
export const ledgerOf = ({ buildings, failing }: OverviewView): Ledger => {
  const warm = buildings.flatMap(({ temperature }) =>
    temperature?.freshness === 'fresh' ? [temperature.value] : [],
  )
  const classes = buildings.flatMap(({ ike }) => (ike ? [ike.class] : []))
  return {
    bestHour: failing ? null : bestHourOf(buildings),
    temperature:
      warm.length === 0
        ? null
        : {
            median: medianOf(warm),
            comfortable: warm.filter((celsius) => comfortOf(celsius) === 'comfortable').length,
            measured: warm.length,
          },
    efficient:
      classes.length === 0
        ? null
        : {
            count: classes.filter((name) => name === 'efficient' || name === 'veryEfficient').length,
            measured: classes.length,
          },
    latestMs: latestOf(buildings),
    silent: buildings.filter(({ state }) => state === 'old' || state === 'silent').length,
    notYet: buildings.filter(({ state }) => state === 'none').length,
  }
}

const latestOf = (buildings: readonly BuildingSummary[]): number | null => {
  const times = buildings.flatMap(({ latestMs }) => (latestMs === null ? [] : [latestMs]))
  return times.length === 0 ? null : Math.max(...times)
}

const medianOf = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}

/** The hour that is best in most buildings that keep hours; today's before tomorrow's, the earlier when equal. */
const bestHourOf = (buildings: readonly BuildingSummary[]): Ledger['bestHour'] => {
  const best = buildings.flatMap((building) =>
    building.best && typeof building.day?.opening === 'object' ? [building.best] : [],
  )
  const today = best.filter(({ day }) => day === 'today')
  const chosen = today.length > 0 ? today : best
  const byStart = [...Map.groupBy(chosen, ({ startMs }) => startMs)].sort(
    ([a, first], [b, second]) => second.length - first.length || a - b,
  )[0]
  if (!byStart?.[1][0]) return null
  return { startMs: byStart[0], day: byStart[1][0].day, buildings: byStart[1].length }
}
