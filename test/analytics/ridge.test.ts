import { describe, expect, it } from 'vitest'
import { BASE, FEATURES } from '../../analytics/features/block.ts'
import { type TrainingSet, toTrainingSet } from '../../analytics/features/trainingSet.ts'
import { trustOf } from '../../analytics/models/ridge/trust.ts'
import { ridge } from '../../analytics/models/ridge/ridge.ts'
import { addRow, createGram, solveRidge } from '../../analytics/models/ridge/gram.ts'
import { type HourlySeries, until } from '../../analytics/series.ts'
import { madeUpOffice, msOfHour } from './madeUp.ts'

const rmse = (series: HourlySeries, forecast: (hour: number) => number, from: number, to: number): number => {
  let sum = 0
  for (let hour = from; hour < to; hour += 1) sum += ((series.values[hour] ?? NaN) - forecast(hour)) ** 2
  return Math.sqrt(sum / (to - from))
}

describe('the normal equations', () => {
  it('give the line through three points, by hand', () => {
    // y = 1 + 2 x through (0, 1), (1, 3), (2, 5).
    const gram = createGram(2)
    const rows = Float32Array.of(1, 0, 1, 1, 1, 2)
    for (const [i, y] of [1, 3, 5].entries()) addRow(gram, rows, 2 * i, y, 1)
    const [a, b] = solveRidge(gram, 0)
    expect(a).toBeCloseTo(1)
    expect(b).toBeCloseTo(2)
  })
})

describe('the share of what was learned that is believed', () => {
  const set = (): TrainingSet =>
    toTrainingSet([1, 2, 3, 4].map((seed) => madeUpOffice({ id: `${seed}`, seed, days: 180 })))

  it('is large where the newest weeks are as those before', () => {
    expect(trustOf(set())).toBeGreaterThan(0.8)
  })

  it('is small where the newest weeks are otherwise', () => {
    // In the older blocks all lies above the base, in the newest nothing does.
    const turned = set()
    const places = turned.series.map((series, sample) => sample - turned.series.indexOf(series))
    const counts = [0, 1, 2, 3].map((series) => turned.series.filter((it) => it === series).length)
    for (let row = 0; row < turned.count * 24; row += 1) {
      const sample = Math.floor(row / 24)
      const isOld = places[sample]! < 0.75 * counts[turned.series[sample]!]!
      turned.targets[row] = turned.rows[row * FEATURES.length + BASE]! + (isOld ? 1 : 0)
    }
    expect(trustOf(turned)).toBeLessThan(0.2)
  })

  it('is all where there are too few days to tell', () => {
    expect(trustOf(toTrainingSet([madeUpOffice({ days: 40 })]))).toBe(1)
  })
})

describe('the ridge', () => {
  it('knows a holiday that the week before did not have', async () => {
    const firstDay = Math.floor(madeUpOffice().startMs / 86_400_000)
    const holidays = new Set([17, 38, 52, 73, 95, 108].map((day) => firstDay + day))
    const office = madeUpOffice({ days: 120, isHoliday: (day) => holidays.has(day) })
    const fitted = await ridge.fit([until(office, msOfHour(office, 100 * 24))])
    const [quantiles] = fitted.predict([
      { history: until(office, msOfHour(office, 108 * 24)), horizonHours: 24 },
    ])
    expect(quantiles?.[12 * 9 + 4]).toBeLessThan(8)
  })

  it('forecasts an office that it never saw better than the week before does', async () => {
    const known = [1, 2, 3].map((seed) => madeUpOffice({ id: `office-${seed}`, seed, days: 100 }))
    const other = madeUpOffice({ id: 'new', seed: 99 })
    const fitted = await ridge.fit(known)
    const errors = [80, 81, 82, 83, 84, 85, 86].map((day) => {
      const [quantiles] = fitted.predict([
        { history: until(other, msOfHour(other, day * 24)), horizonHours: 24 },
      ])
      const from = day * 24
      return {
        ridge: rmse(other, (hour) => quantiles?.[(hour - from) * 9 + 4] ?? NaN, from, from + 24),
        week: rmse(other, (hour) => other.values[hour - 168] ?? NaN, from, from + 24),
      }
    })
    const mean = (name: 'ridge' | 'week'): number => errors.reduce((sum, error) => sum + error[name], 0)
    expect(mean('ridge')).toBeLessThan(0.85 * mean('week'))
  })

  it('is as good after it was saved and loaded, and refuses what is damaged', async () => {
    const office = madeUpOffice({ days: 100 })
    const fitted = await ridge.fit([office])
    const bytes = fitted.save()
    const inputs = [{ history: office, horizonHours: 50 }]
    expect((await ridge.load(bytes)).predict(inputs)).toEqual(fitted.predict(inputs))
    for (const at of [3, 40, bytes.length - 40]) {
      const spoiled = bytes.slice()
      spoiled[at] = (spoiled[at] ?? 0) ^ 1
      await expect(ridge.load(spoiled)).rejects.toMatchObject({ code: 'damaged-model' })
    }
    await expect(ridge.load(bytes.subarray(0, 100))).rejects.toMatchObject({ code: 'damaged-model' })
  })
})
