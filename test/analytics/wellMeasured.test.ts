import { describe, expect, it } from 'vitest'
import { clean } from '../../analytics/dataset/clean.ts'
import { isWellMeasured, spreadOut } from '../../bench/forecast/wellMeasured.ts'

const START_MS = Date.UTC(2026, 0, 5)
const building = (valueAt: (hour: number) => number, id = 'a') =>
  clean({
    id,
    property: 'energy',
    timeZone: 'UTC',
    startMs: START_MS,
    values: Float64Array.from({ length: 60 * 24 }, (_, hour) => valueAt(hour)),
  })
const daily = (hour: number): number => 10 + 5 * Math.sin((2 * Math.PI * hour) / 24)

describe('a well-measured building', () => {
  it.each([
    ['steady use', daily, true],
    ['two missing days in sixty', (hour: number) => (hour < 48 ? NaN : daily(hour)), false],
    ['zeros for two days', (hour: number) => (hour > 600 && hour < 660 ? 0 : daily(hour)), false],
    ['a spike', (hour: number) => (hour === 900 ? 5000 : daily(hour)), false],
    ['a lasting change to a fifth', (hour: number) => (hour > 720 ? daily(hour) / 5 : daily(hour)), false],
  ])('%s', (_, valueAt, expected) => {
    expect(isWellMeasured(building(valueAt))).toBe(expected)
  })

  it('is taken evenly by name, and all are where there are few', () => {
    const all = ['d', 'a', 'f', 'c', 'b', 'e'].map((id) => ({ series: { id } }))
    expect(spreadOut(all, 3).map(({ series }) => series.id)).toEqual(['a', 'c', 'e'])
    expect(spreadOut(all, 9)).toHaveLength(6)
  })
})
