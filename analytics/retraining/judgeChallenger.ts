import { type Comparison, compareScores } from './summary.ts'
import type { DayScore } from '../registry/dayScores.ts'

/** The promotion rule, all of it. Days are those on which champion and challenger forecast the same hours. */
export const PROMOTION = {
  /** Nothing is decided before so many days. */
  leastDays: 7,
  /** With these the decision falls one way or the other; only the newest of them count. */
  fullDays: 14,
  /** Share by which the challenger's pinball loss has to be lower in the end ... */
  margin: 0.02,
  /** ... and by which it is promoted early. Worse by `margin` is refused early. */
  earlyMargin: 0.1,
  /** What ships serves the first day of a city whose past was filled in just now, unless another's loss is so much lower. */
  firstDayMargin: 0.5,
} as const

export interface Verdict {
  decision: 'promote' | 'refuse' | 'wait'
  /** In words and figures. */
  reason: string
  comparison: Comparison
}

/** Decides on a challenger by the newest days that both were scored on. */
export const judgeChallenger = (champion: readonly DayScore[], challenger: readonly DayScore[]): Verdict => {
  const newest = newestDays(challenger, PROMOTION.fullDays)
  const comparison = compareScores(champion.filter(newest), challenger.filter(newest))
  const { days, gain } = comparison
  if (gain === null || days < PROMOTION.leastDays) {
    const reason = `Scored on ${days} days beside the champion; at least ${PROMOTION.leastDays} are needed.`
    return { decision: 'wait', reason, comparison }
  }
  const figures = describe(comparison)
  if (gain >= PROMOTION.earlyMargin || (days >= PROMOTION.fullDays && gain >= PROMOTION.margin)) {
    return { decision: 'promote', reason: figures, comparison }
  }
  if (gain <= -PROMOTION.margin || days >= PROMOTION.fullDays) {
    const needed = `Needed: ${perCent(PROMOTION.margin)} lower on ${PROMOTION.fullDays} days.`
    return { decision: 'refuse', reason: `${figures} ${needed}`, comparison }
  }
  return {
    decision: 'wait',
    reason: `${figures} Decided on ${PROMOTION.fullDays} days, or earlier when it is ${perCent(PROMOTION.earlyMargin)} lower.`,
    comparison,
  }
}

/** `Pinball loss 4.1 % of the mean against the champion's 5.2 % (21 % lower), 8 buildings, 14 days.` */
const describe = ({ days, buildings, champion, challenger, gain }: Comparison): string =>
  `Pinball loss ${figure(challenger?.pinball)} % of the mean against the champion's ${figure(champion?.pinball)} % (${perCent(Math.abs(gain ?? 0))} ${(gain ?? 0) >= 0 ? 'lower' : 'higher'}), ${counted(buildings, 'building')}, ${counted(days, 'day')}.`

const newestDays = (scores: readonly DayScore[], count: number) => {
  const days = [...new Set(scores.map(({ dayMs }) => dayMs))].sort((a, b) => b - a)
  const fromMs = days[Math.min(count, days.length) - 1] ?? 0
  return ({ dayMs }: DayScore): boolean => dayMs >= fromMs
}

const figure = (value: number | undefined): string => value?.toPrecision(3) ?? '?'
const perCent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`
const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
