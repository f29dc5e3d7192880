import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DayScore } from '../../../analytics/registry/dayScores.ts'
import { findCovariateDrift, findErrorDrift, reasonToRetrain } from '../../../analytics/retraining/drift.ts'
import { judgeChallenger } from '../../../analytics/retraining/judgeChallenger.ts'
import { scoreDays } from '../../../analytics/retraining/scoreDays.ts'
import { compareScores } from '../../../analytics/retraining/summary.ts'
import { seriesOf } from '../registry/newModel.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** A day of 24 hours and 240 kWh with a loss in per cent of that. */
const day = (i: number, lossPerCent: number, building = 'library'): DayScore => ({
  building,
  dayMs: i * DAY,
  hours: 24,
  pinball: 2.4 * lossPerCent,
  squares: 24,
  inside: 20,
  truth: 240,
})
const days = (count: number, loss: (i: number) => number) =>
  Array.from({ length: count }, (_, i) => day(i, loss(i)))

describe('scores of days', () => {
  const issue = (issuedAtMs: number, median: number) => ({
    issuedAtMs,
    hours: Array.from({ length: 48 }, (_, i) => ({
      startMs: issuedAtMs + i * HOUR,
      endMs: issuedAtMs + (i + 1) * HOUR,
      quantiles: Array.from({ length: 9 }, (_q, j) => median + j - 4),
    })),
  })
  const truth = (value: number, hours = 24) =>
    Array.from({ length: hours }, (_, i) => ({ timeMs: DAY + i * HOUR, value }))

  it('are those of the last issue before the day, by hand', () => {
    const scored = scoreDays([issue(0, 50), issue(DAY, 10), issue(DAY + HOUR, 90)], truth(12), {
      building: 'library',
      dayStartsMs: [DAY, 2 * DAY],
    })
    // Errors of 6, 5, 4, 3, 2, 1, 0, -1, -2 at 0.1 to 0.9: .6 + 1 + 1.2 + 1.2 + 1 + .6 + 0 + .2 + .2 = 6, by nine.
    expect(scored).toHaveLength(1)
    expect(scored[0]).toMatchObject({ dayMs: DAY, hours: 24, squares: 24 * 4, inside: 24, truth: 288 })
    expect(scored[0]?.pinball).toBeCloseTo((24 * 6) / 9, 9)
  })

  it('count measured hours only, and leave out a day without an issue before it', () => {
    const at = { building: 'library', dayStartsMs: [DAY, 2 * DAY] }
    expect(scoreDays([issue(DAY, 10)], truth(12, 5), at)[0]?.hours).toBe(5)
    expect(scoreDays([issue(DAY, 10)], [], at)).toEqual([])
    expect(scoreDays([issue(DAY + HOUR, 10)], truth(12), at)).toEqual([])
  })
})

describe('the promotion rule', () => {
  it.each([
    ['waits for a week', 6, 5, 1, 'wait'],
    ['promotes what is much better after a week', 7, 5, 4, 'promote'],
    ['refuses what is worse after a week', 7, 5, 5.2, 'refuse'],
    ['waits for a second week when it is a little better', 8, 5, 4.8, 'wait'],
    ['promotes what is a little better after two weeks', 14, 5, 4.8, 'promote'],
    ['refuses what is hardly better after two weeks', 14, 5, 4.95, 'refuse'],
  ])('%s', (_, count, champion, challenger, decision) => {
    const verdict = judgeChallenger(
      days(count, () => champion),
      days(count, () => challenger),
    )
    expect(verdict).toMatchObject({ decision })
    if (count > 6) expect(verdict.reason).toMatch(/Pinball loss [\d.]+ % of the mean against/)
  })

  it('looks at the newest two weeks alone, and at days that both have', () => {
    const champion = days(40, (i) => (i < 26 ? 1 : 5))
    const challenger = days(40, (i) => (i < 26 ? 9 : 4))
    expect(judgeChallenger(champion, challenger)).toMatchObject({
      decision: 'promote',
      comparison: { days: 14 },
    })
    expect(judgeChallenger(champion.slice(0, 30), challenger).comparison.days).toBe(4)
    expect(compareScores([], challenger)).toMatchObject({ days: 0, gain: null })
  })

  it('weighs each building the same, however large it is', () => {
    const large = day(0, 10, 'tower')
    const champion = [day(0, 10), { ...large, pinball: 100 * large.pinball, truth: 100 * large.truth }]
    const challenger = [{ ...day(0, 5) }, champion[1] ?? large]
    expect(compareScores(champion, challenger).gain).toBeCloseTo(0.25)
  })
})

describe('drift of errors', () => {
  it('is a newest week that is worse than the four before it, told in figures', () => {
    const drift = findErrorDrift(days(35, (i) => (i >= 28 ? 8 : 4)))
    expect(drift).toMatchObject({ building: 'library', kind: 'error' })
    expect(drift?.text).toContain('2.0 times')
  })

  it('is neither one bad day, nor a week that is a little worse, nor a past that is too short', () => {
    expect(findErrorDrift(days(35, (i) => (i === 34 ? 60 : 4)))).toBeUndefined()
    expect(findErrorDrift(days(35, (i) => (i >= 28 ? 5 : 4)))).toBeUndefined()
    expect(findErrorDrift(days(15, (i) => (i >= 8 ? 9 : 4)))).toBeUndefined()
    expect(findErrorDrift([])).toBeUndefined()
  })
})

describe('drift of what models read', () => {
  const hours = (count: number, value: (hour: number) => number) =>
    Array.from({ length: count }, (_, i) => value(i))
  const rhythm = (i: number): number => (i % 24 < 8 ? 0 : 10 + (i % 24) + ((i * 7) % 5))

  it('is found when the newest two weeks are distributed otherwise', () => {
    const series = seriesOf(
      'library',
      hours(70 * 24, (i) => rhythm(i) * (i >= 56 * 24 ? 1.6 : 1)),
    )
    expect(findCovariateDrift(series)).toMatchObject({ building: 'library', kind: 'covariate' })
    const people = Float64Array.from(hours(70 * 24, (i) => (i >= 56 * 24 ? 0 : i % 24)))
    const steady = seriesOf('library', hours(70 * 24, rhythm), { people })
    expect(findCovariateDrift(steady)?.text).toContain('people')
  })

  it('is not found in a steady rhythm, in what is constant or in too little', () => {
    expect(findCovariateDrift(seriesOf('library', hours(70 * 24, rhythm)))).toBeUndefined()
    expect(
      findCovariateDrift(
        seriesOf(
          'library',
          hours(70 * 24, () => 3),
        ),
      ),
    ).toBeUndefined()
    expect(
      findCovariateDrift(
        seriesOf(
          'library',
          hours(20 * 24, (i) => i),
        ),
      ),
    ).toBeUndefined()
  })

  it('survives whatever is measured', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.double(), fc.constant(NaN)), { maxLength: 2000 }), (values) => {
        const drift = findCovariateDrift(seriesOf('library', values))
        expect(drift === undefined || Number.isFinite(drift.figure)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  it('has all trained again when it is in a quarter of the buildings', () => {
    const drift = { building: 'library', kind: 'error', figure: 2, text: 'library: worse' } as const
    expect(reasonToRetrain([drift], 5)).toBeUndefined()
    expect(reasonToRetrain([drift], 4)).toBe('Drift (error) in 1 of 4 buildings: library: worse.')
    expect(reasonToRetrain([], 4)).toBeUndefined()
  })
})
