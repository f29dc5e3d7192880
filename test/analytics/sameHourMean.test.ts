import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { localDayStartMs, localHour } from '../../analytics/localGrid.ts'
import { MODELS } from '../../analytics/models/index.ts'
import { sameHourMean } from '../../analytics/models/sameHourMean.ts'
import type { Sample } from '../../city/observation.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const ZONE = 'Asia/Makassar'
/** 2026-03-02, a Monday, 00:00 in Makassar. */
const START = Date.parse('2026-03-02T00:00:00+08:00')

const series = (days: number, value: (index: number) => number): Sample[] =>
  Array.from({ length: days * 24 }, (_, i) => ({ timeMs: START + i * HOUR, value: value(i) }))

const issueAt = (history: readonly Sample[], issuedAtMs: number, timeZone = ZONE) =>
  sameHourMean.predict({
    history: history.filter(({ timeMs }) => timeMs < issuedAtMs),
    issuedAtMs,
    untilMs: localDayStartMs(localHour(issuedAtMs, timeZone).day + 2, timeZone),
    timeZone,
  })

describe('the mean of the same hour on the last seven days', () => {
  it('forecasts a perfectly daily series exactly, with no spread', () => {
    const history = series(40, (i) => 10 + (i % 24))
    const { hours, days } = issueAt(history, START + 40 * DAY + 10 * HOUR)
    expect(hours).toHaveLength(38)
    for (const { startMs, quantiles } of hours) {
      const expected = 10 + (((startMs - START) / HOUR) % 24)
      for (const quantile of quantiles) expect(quantile).toBeCloseTo(expected, 9)
    }
    // 24 x 10 + (0 + 1 + ... + 23) = 516, by hand.
    expect(days.map(({ quantiles }) => quantiles[4])).toEqual([516])
  })

  it('takes the mean of seven days and learns its spread from what it got wrong', () => {
    // Each day is 1 higher than the day before: the mean of the last seven days is 4 too low for the next one,
    // 5 too low for the one after, and so are all its past errors.
    const history = series(40, (i) => Math.floor(i / 24))
    const { hours } = issueAt(history, START + 40 * DAY)
    expect(hours[0]?.quantiles).toEqual(Array(9).fill(40))
    expect(hours[30]?.quantiles).toEqual(Array(9).fill(41))
  })

  it('changes when the next hour arrives', () => {
    const history = series(41, (i) => 10 + (i % 24) + (i >= 40 * 24 ? 50 : 0))
    const before = issueAt(history, START + 40 * DAY + 9 * HOUR)
    const after = issueAt(history, START + 40 * DAY + 10 * HOUR)
    const tomorrowAtNine = START + 41 * DAY + 9 * HOUR
    const at = (hours: typeof before.hours) =>
      hours.find(({ startMs }) => startMs === tomorrowAtNine)?.quantiles
    expect(at(after.hours)).not.toEqual(at(before.hours))
  })

  it('names what is missing when the history is too short', () => {
    expect(() =>
      issueAt(
        series(2, () => 1),
        START + 2 * DAY,
      ),
    ).toThrow(/at least 3 of the last 7 days/)
    expect(() => issueAt([], START)).toThrow(/needs each hour/)
  })

  it('keeps lining up hours of the day where clocks change', () => {
    const zone = 'Europe/London'
    const start = Date.parse('2026-02-20T00:00:00Z')
    const history = Array.from({ length: 60 * 24 }, (_, i) => {
      const timeMs = start + i * HOUR
      return { timeMs, value: localHour(timeMs, zone).hour }
    })
    const issuedAtMs = Date.parse('2026-04-02T00:00:00+01:00')
    const { hours } = issueAt(history, issuedAtMs, zone)
    for (const { startMs, quantiles } of hours)
      expect(quantiles[4]).toBeCloseTo(localHour(startMs, zone).hour, 6)
  })
})

describe.each(Object.values(MODELS))('model $name', (model) => {
  const predict = (history: readonly Sample[], issuedAtMs: number) =>
    model.predict({ history, issuedAtMs, untilMs: issuedAtMs + 48 * HOUR, timeZone: ZONE })

  it('never lets quantiles cross and never falls below zero', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 24, maxLength: 200 }),
        (values) => {
          const history = series(40, (i) => values[(i * 7) % values.length] ?? 0)
          for (const { quantiles } of predict(history, START + 40 * DAY).hours) {
            expect(quantiles).toHaveLength(9)
            expect(quantiles).toEqual(quantiles.toSorted((a, b) => a - b))
            expect(quantiles[0]).toBeGreaterThanOrEqual(0)
          }
        },
      ),
      { numRuns: 30 },
    )
  })
})
