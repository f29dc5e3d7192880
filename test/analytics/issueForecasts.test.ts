import { beforeAll, describe, expect, it } from 'vitest'
import type { FittedModel } from '../../analytics/forecastModel.ts'
import { type PastIssue, issueForecasts } from '../../analytics/issueForecasts.ts'
import { ridge } from '../../analytics/models/ridge/ridge.ts'
import { type HourlySeries, until } from '../../analytics/series.ts'
import { changedFrom, madeUpOffice, msOfHour } from './madeUp.ts'

const office = madeUpOffice({ days: 150 })
let fitted: FittedModel

beforeAll(async () => {
  fitted = await ridge.fit([until(office, msOfHour(office, 90 * 24))])
})

/** Issues at each midnight of the given days, each knowing the ones before it. */
const lived = (series: HourlySeries, fromDay: number, toDay: number): PastIssue[] => {
  const past: PastIssue[] = []
  for (let day = fromDay; day < toDay; day += 1) {
    const issuedAtMs = msOfHour(series, day * 24)
    const input = { history: until(series, issuedAtMs), horizonHours: 48 }
    const [prediction] = issueForecasts(fitted, [{ input, past: [...past] }])
    past.push({ issuedAtMs, quantiles: prediction!.hours })
  }
  return past
}

describe('forecasts as they are issued', () => {
  it('are the same to the bit when everything after their issue time is different', () => {
    expect(lived(changedFrom(office, 110 * 24), 95, 111)).toEqual(lived(office, 95, 111))
  })

  it('cover the truth about as often as they say, by hour and by day', () => {
    const past = lived(office, 92, 148)
    let inside = 0
    for (const { issuedAtMs, quantiles } of past)
      for (let hour = 0; hour < 24; hour += 1) {
        const y = office.values[(issuedAtMs - office.startMs) / 3_600_000 + hour] ?? NaN
        if (y >= (quantiles[hour * 9] ?? 0) && y <= (quantiles[hour * 9 + 8] ?? 0)) inside += 1
      }
    expect(inside / (24 * past.length)).toBeGreaterThan(0.74)
    expect(inside / (24 * past.length)).toBeLessThan(0.86)
  })

  it('heal when truth comes late, as if it had been there all along', () => {
    const past = lived(office, 92, 100)
    const issue = (series: HourlySeries): Float64Array =>
      issueForecasts(fitted, [
        { input: { history: until(series, msOfHour(series, 100 * 24)), horizonHours: 24 }, past },
      ])[0]!.hours
    const holed = { ...office, values: office.values.slice() }
    holed.values.fill(NaN, 94 * 24, 96 * 24)
    expect(issue(holed)).not.toEqual(issue(office))
    holed.values.set(office.values.subarray(94 * 24, 96 * 24), 94 * 24)
    expect(issue(holed)).toEqual(issue(office))
  })

  it('give whole local days an interval narrower than the sum of their hours', () => {
    const input = { history: until(office, msOfHour(office, 100 * 24 - 5)), horizonHours: 53 }
    const [prediction] = issueForecasts(fitted, [{ input, past: [] }])
    const { hours, days } = prediction!
    expect(days.map(({ startMs }) => startMs)).toEqual([msOfHour(office, 2_400), msOfHour(office, 2_424)])
    const width = (quantiles: readonly number[]): number => (quantiles[8] ?? 0) - (quantiles[0] ?? 0)
    let sum = 0
    for (let hour = 5; hour < 29; hour += 1) sum += width([...hours.subarray(hour * 9, hour * 9 + 9)])
    expect(width(days[0]!.quantiles)).toBeLessThan(sum)
    expect(width(days[0]!.quantiles)).toBeGreaterThan(sum / 10)
  })
})
