import type { Sample } from '../../city/observation.ts'
import type { ForecastIssue } from '../../store/forecasts.ts'
import { pinballOf } from '../metrics.ts'
import type { DayScore } from '../registry/dayScores.ts'

/**
 * Scores the local days that begin at `dayStartsMs` (ascending, with the end of the last one behind them): of each, the
 * last issue made before it began, so that no day is scored by a forecast that saw it. Days without one, or without a
 * measured hour, are left out.
 *
 * @param issues of one building and one model, ascending by issue time
 * @param truth measured hours (time = start); hours with too little data left out
 */
export const scoreDays = (
  issues: readonly Pick<ForecastIssue, 'issuedAtMs' | 'hours'>[],
  truth: readonly Sample[],
  { building, dayStartsMs }: { building: string; dayStartsMs: readonly number[] },
): DayScore[] => {
  const measured = new Map(truth.map(({ timeMs, value }) => [timeMs, value]))
  return dayStartsMs.slice(0, -1).flatMap((dayMs, i) => {
    const endMs = dayStartsMs[i + 1] ?? dayMs
    const issue = issues.findLast(({ issuedAtMs }) => issuedAtMs <= dayMs)
    const score = { building, dayMs, hours: 0, pinball: 0, squares: 0, inside: 0, truth: 0 }
    for (const { startMs, quantiles } of issue?.hours ?? []) {
      const value = measured.get(startMs)
      if (startMs < dayMs || startMs >= endMs || value === undefined) continue
      score.hours += 1
      score.pinball += pinballOf(quantiles, value)
      score.squares += ((quantiles[4] ?? NaN) - value) ** 2
      score.inside += value >= (quantiles[0] ?? NaN) && value <= (quantiles[8] ?? NaN) ? 1 : 0
      score.truth += value
    }
    return score.hours === 0 ? [] : [score]
  })
}
