import type { DayScore } from '../registry/dayScores.ts'
import type { ModelMetrics } from '../registry/entry.ts'
import { median } from '../median.ts'

/** What days amount to; null where nothing was measured above zero, by which errors could be divided. */
export const summaryOf = (scores: readonly DayScore[]): ModelMetrics | null => {
  const buildings = [...Map.groupBy(scores, ({ building }) => building).values()]
    .map(totalOf)
    .filter(({ truth }) => truth > 0)
  if (buildings.length === 0) return null
  const hours = buildings.reduce((sum, it) => sum + it.hours, 0)
  return {
    nrmse: median(buildings.map((it) => (100 * Math.sqrt(it.squares / it.hours) * it.hours) / it.truth)),
    pinball: buildings.reduce((sum, it) => sum + lossOf(it), 0) / buildings.length,
    coverage80: buildings.reduce((sum, it) => sum + it.inside, 0) / hours,
    buildings: buildings.length,
    days: new Set(scores.map(({ dayMs }) => dayMs)).size,
  }
}

/** Days of one building added up. */
export const totalOf = (scores: readonly DayScore[]) => ({
  hours: sumOf(scores, 'hours'),
  pinball: sumOf(scores, 'pinball'),
  squares: sumOf(scores, 'squares'),
  inside: sumOf(scores, 'inside'),
  truth: sumOf(scores, 'truth'),
})

/** Pinball loss in per cent of the mean. */
export const lossOf = ({ pinball, truth }: { pinball: number; truth: number }): number =>
  (100 * pinball) / truth

const sumOf = (scores: readonly DayScore[], key: 'hours' | 'pinball' | 'squares' | 'inside' | 'truth') =>
  scores.reduce((sum, score) => sum + score[key], 0)

/** Two models on the same hours of the same days. */
export interface Comparison {
  days: number
  buildings: number
  /** Both null when they have no day in common. */
  champion: ModelMetrics | null
  challenger: ModelMetrics | null
  /** Share by which the challenger's pinball loss is lower; negative: higher. Null likewise. */
  gain: number | null
}

/** Days on which only one of the two forecast, or on different hours, count for neither. */
export const compareScores = (champion: readonly DayScore[], challenger: readonly DayScore[]): Comparison => {
  const key = ({ building, dayMs, hours }: DayScore): string => `${building} ${dayMs} ${hours}`
  const ofChampion = new Set(champion.map(key))
  const ofChallenger = new Set(challenger.map(key))
  const before = summaryOf(champion.filter((score) => ofChallenger.has(key(score))))
  const after = summaryOf(challenger.filter((score) => ofChampion.has(key(score))))
  return {
    days: before?.days ?? 0,
    buildings: before?.buildings ?? 0,
    champion: before,
    challenger: after,
    gain: before && after && before.pinball > 0 ? 1 - after.pinball / before.pinball : null,
  }
}
