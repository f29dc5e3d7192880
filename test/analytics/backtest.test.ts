import { describe, expect, it } from 'vitest'
import { type BacktestOptions, type IssuedForecast, runBacktest } from '../../analytics/backtest/backtest.ts'
import { toSummary } from '../../analytics/backtest/summary.ts'
import { PROTOCOLS, windowsOf } from '../../analytics/backtest/windows.ts'
import { UNCALIBRATED } from '../../analytics/calibration.ts'
import { clean } from '../../analytics/dataset/clean.ts'
import type { FittedModel, ForecastInput, ForecastModel } from '../../analytics/forecastModel.ts'
import { FORECAST_MODELS } from '../../analytics/models/index.ts'
import { endMs, type HourlySeries } from '../../analytics/series.ts'
import { NadiError } from '../../city/errors.ts'
import { syntheticSeries } from '../support/syntheticSeries.ts'

const protocol = PROTOCOLS['buildingsbench']!
const HOUR = 3_600_000
const DAY = 24 * HOUR

/** A model that notes what it is shown and forecasts ones. */
const noting = (refuse: (input: ForecastInput) => boolean = () => false) => {
  const learned: HourlySeries[] = []
  const asked: ForecastInput[] = []
  const fitted: FittedModel = {
    name: 'noting',
    version: '1',
    contextHours: 1,
    calibration: UNCALIBRATED,
    isSelfCalibrating: true,
    predict: (inputs) => {
      if (inputs.some(refuse)) throw new NadiError('insufficient-data', 'not this one')
      asked.push(...inputs)
      return inputs.map(({ horizonHours }) => new Float64Array(horizonHours * 9).fill(1))
    },
    save: () => new Uint8Array(),
  }
  const model: ForecastModel = {
    name: 'noting',
    version: '1',
    async fit(training) {
      learned.push(...training)
      return fitted
    },
    load: async () => fitted,
  }
  return { model, learned, asked }
}

const run = (buildings: readonly HourlySeries[], options: Partial<BacktestOptions> = {}) =>
  runBacktest({
    models: [],
    buildings: buildings.map(clean),
    protocol,
    split: { fraction: 0.5 },
    weatherMode: 'past',
    ...options,
  })

describe('a backtest', () => {
  it('learns from the first half of each building and forecasts each day of the other', async () => {
    const { model, learned, asked } = noting()
    const series = syntheticSeries({ days: 60 })
    const { models } = await run([series], { models: [model] })
    expect(learned.map(endMs)).toEqual([series.startMs + 30 * DAY])
    expect(asked.map(({ history }) => endMs(history))).toEqual(
      Array.from({ length: 30 }, (_, day) => series.startMs + (30 + day) * DAY),
    )
    expect(models[0]?.buildings.get('office')?.metrics().windows).toBe(30)
  })

  it('issues at local midnight, also where clocks change', async () => {
    const { model, asked } = noting()
    const startMs = Date.UTC(2026, 1, 28, 23)
    await run([syntheticSeries({ days: 60, startMs, timeZone: 'Europe/Zurich' })], {
      models: [model],
      split: { untilDate: '2026-03-28' },
    })
    const hours = asked.slice(0, 4).map(({ history }) => new Date(endMs(history)).toISOString())
    // Clocks go forward on the 29th: from then on midnight is 22:00 UTC.
    expect(hours).toEqual([
      '2026-03-27T23:00:00.000Z',
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
      '2026-03-30T22:00:00.000Z',
    ])
  })

  it('learns from other buildings alone when it is given some', async () => {
    const { model, learned } = noting()
    const other = syntheticSeries({ id: 'other', seed: 2 })
    await run([syntheticSeries()], { models: [model], pretrain: [clean(other)] })
    expect(learned.map(({ id }) => id)).toEqual(['other'])
  })

  it('shows the weather ahead only where the future is given', async () => {
    const series = { ...syntheticSeries(), temperatureCelsius: new Float64Array(84 * 24).map((_, at) => at) }
    const past = noting()
    await run([series], { models: [past.model] })
    expect(past.asked[0]?.futureTemperatureCelsius).toBeUndefined()
    expect(past.asked[0]?.history.temperatureCelsius).toHaveLength(past.asked[0]?.history.values.length ?? 0)
    const perfect = noting()
    await run([series], { models: [perfect.model], weatherMode: 'perfect' })
    const [first] = perfect.asked
    expect(first?.futureTemperatureCelsius?.[0]).toBe(first?.history.values.length)
    expect(first?.futureTemperatureCelsius).toHaveLength(24)
  })

  it('shows no more history than it is told to', async () => {
    const { model, asked } = noting()
    await run([syntheticSeries()], { models: [model], inputSizeHours: 168 })
    expect(new Set(asked.map(({ history }) => history.values.length))).toEqual(new Set([168]))
  })

  it('lists the days without context or truth and asks no model for them', () => {
    const series = syntheticSeries({ days: 60 })
    series.values.fill(NaN, 40 * 24, 46 * 24)
    const { issuedAtMs, excluded } = windowsOf(clean(series), { fraction: 0.5 }, protocol)
    const days = excluded.map((window) => [(window.issuedAtMs - series.startMs) / DAY, window.reason])
    expect(days).toEqual([
      ...[40, 41, 42, 43].map((day) => [day, 'no truth measured']),
      ...[44, 45, 46, 47, 48, 49].map((day) => [day, 'less than half of the last 168 hours measured']),
    ])
    expect(issuedAtMs).toHaveLength(20)
  })

  it('goes on when a model refuses one building, and says which days', async () => {
    const { model } = noting(({ history }) => history.id === 'b')
    const { models } = await run([syntheticSeries({ id: 'a' }), syntheticSeries({ id: 'b' })], {
      models: [model],
    })
    expect(models[0]?.buildings.get('a')?.metrics().windows).toBe(42)
    expect(models[0]?.buildings.get('b')?.metrics().windows).toBe(0)
    expect(models[0]?.refused[0]).toMatchObject({ building: 'b', reason: 'not this one' })
  })

  it('says what to do when nothing is left to forecast', async () => {
    await expect(run([syntheticSeries()], { split: { untilDate: '2030-01-01' } })).rejects.toMatchObject({
      code: 'insufficient-data',
      message: expect.stringMatching(/--train-until/),
    })
  })

  it('leaves hours without truth out of the error', async () => {
    const { model } = noting()
    const series = syntheticSeries({ days: 40 })
    series.values.fill(3)
    series.values.fill(NaN, 30 * 24, 30 * 24 + 12)
    const { models } = await run([series], { models: [model] })
    expect(models[0]?.buildings.get('office')?.metrics()).toMatchObject({ mae: 2, windows: 20 })
  })

  it('issues the same before a run of zeros whatever becomes of it', async () => {
    const model = FORECAST_MODELS['same-hour-mean']!
    const issued = async (zeroHours: number): Promise<IssuedForecast[]> => {
      const series = syntheticSeries({ days: 60 })
      series.values.fill(0, 40 * 24 - 10, 40 * 24 - 10 + zeroHours)
      const forecasts: IssuedForecast[] = []
      await run([series], { models: [model], onForecast: (forecast) => void forecasts.push(forecast) })
      return forecasts.filter(({ issuedAtMs }) => issuedAtMs <= series.startMs + 40 * DAY)
    }
    const quantiles = (forecasts: IssuedForecast[]) => forecasts.map((forecast) => forecast.quantiles)
    expect(quantiles(await issued(10))).toEqual(quantiles(await issued(30)))
  })

  it('sums up by model, with the median over buildings and what was found', async () => {
    const result = await run([syntheticSeries({ id: 'a' }), syntheticSeries({ id: 'b', scale: 3 })], {
      models: [FORECAST_MODELS['seasonal-week']!],
    })
    const summary = toSummary(result, { findings: [], versions: { nadi: 'x' } })
    const model = summary.models['seasonal-week']
    expect(Object.keys(model?.buildings ?? {})).toEqual(['a', 'b'])
    const [a, b] = Object.values(model?.buildings ?? {})
    expect(model?.median.mae).toBeCloseTo(((a?.mae ?? NaN) + (b?.mae ?? NaN)) / 2, 12)
    expect(model?.overall.windows).toBe(84)
    expect(summary.versions).toEqual({ nadi: 'x', 'model seasonal-week': '1' })
  })
})
