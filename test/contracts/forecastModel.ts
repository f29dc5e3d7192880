import { beforeAll, describe, expect, it } from 'vitest'
import { type IssuedForecast, runBacktest } from '../../analytics/backtest/backtest.ts'
import { PROTOCOLS } from '../../analytics/backtest/windows.ts'
import { clean } from '../../analytics/dataset/clean.ts'
import type { FittedModel, ForecastModel } from '../../analytics/forecastModel.ts'
import { endMs, type HourlySeries, until } from '../../analytics/series.ts'
import { syntheticSeries, withOtherFuture } from '../support/syntheticSeries.ts'

/** What every forecasting model must do, whatever it has learned and how. Small data: a model may take seconds. */
export const forecastModelContract = (model: ForecastModel): void => {
  describe(`the model ${model.name}`, () => {
    const training = [1, 2].map((seed) =>
      syntheticSeries({ id: `office-${seed}`, seed, scale: seed, days: 70 }),
    )
    const whole = syntheticSeries({ id: 'new', seed: 9, days: 77 })
    const history = until(whole, whole.startMs + 70 * 24 * 3_600_000)
    let fitted: FittedModel
    beforeAll(async () => {
      fitted = await model.fit(training, { seed: 7 })
    })

    it.each([1, 24, 48, 168])(
      'gives nine finite quantiles that never cross for each of %i hours',
      (hours) => {
        const [quantiles] = fitted.predict([{ history, horizonHours: hours }])
        expect(quantiles).toHaveLength(hours * 9)
        expectQuantiles(quantiles)
      },
    )

    it('forecasts several series at once as it does each alone', () => {
      const other = until(training[1] ?? whole, endMs(history) - 5 * 3_600_000)
      const inputs = [
        { history, horizonHours: 24 },
        { history: other, horizonHours: 24 },
      ]
      const together = fitted.predict(inputs)
      const alone = inputs.flatMap((input) => fitted.predict([input]))
      together.forEach((quantiles, i) =>
        quantiles.forEach((value, at) => expect(value).toBeCloseTo(alone[i]?.[at] ?? NaN, 3)),
      )
    })

    it('forecasts at any hour of the day, and reads no more than its context', () => {
      for (const hour of [1, 9, 23]) {
        const shorter = until(history, endMs(history) - hour * 3_600_000)
        const [quantiles] = fitted.predict([{ history: shorter, horizonHours: 24 }])
        expectQuantiles(quantiles)
        const newest = { ...shorter, values: shorter.values.slice() }
        const kept = Math.max(0, newest.values.length - fitted.contextHours)
        newest.values.fill(1e6, 0, kept)
        expect(fitted.predict([{ history: newest, horizonHours: 24 }])[0]).toEqual(quantiles)
      }
    })

    it('forecasts across gaps and missing days', () => {
      const values = history.values.slice()
      values.fill(NaN, values.length - 30, values.length - 2)
      values.fill(NaN, values.length - 200, values.length - 150)
      const [quantiles] = fitted.predict([{ history: { ...history, values }, horizonHours: 24 }])
      expectQuantiles(quantiles)
    })

    it('says what is missing when there is nothing to go by', () => {
      const values = new Float64Array(400).fill(NaN)
      for (const empty of [values, values.subarray(0, 0)]) {
        const input = { history: { ...history, values: empty }, horizonHours: 24 }
        expect(() => fitted.predict([input])).toThrow(
          expect.objectContaining({
            code: 'insufficient-data',
            message: expect.stringMatching(/hours?|days?/),
          }),
        )
      }
    })

    it('is the same after it was saved and loaded, bit by bit', async () => {
      const loaded = await model.load(fitted.save())
      expect(loaded).toMatchObject({
        name: fitted.name,
        version: fitted.version,
        contextHours: fitted.contextHours,
        calibration: fitted.calibration,
      })
      const inputs = [{ history, horizonHours: 168 }]
      expect(loaded.predict(inputs)).toEqual(fitted.predict(inputs))
      expect(loaded.save()).toEqual(fitted.save())
    })

    it('refuses bytes that are damaged, cut off or of something else', async () => {
      const bytes = fitted.save()
      const flipped = bytes.slice()
      const middle = Math.floor(flipped.length / 2)
      flipped[middle] = (flipped[middle] ?? 0) ^ 0x55
      for (const bad of [flipped, bytes.slice(0, -1), new Uint8Array(0), Buffer.from('{"a":1}')]) {
        await expect(model.load(bad)).rejects.toMatchObject({ code: 'damaged-model' })
      }
    })

    it('learns the same from the same series and seed', async () => {
      const again = await model.fit(training, { seed: 7 })
      const inputs = [{ history, horizonHours: 24 }]
      expect(again.predict(inputs)).toEqual(fitted.predict(inputs))
    })

    it('issues the same forecasts whatever comes after them, calibration included', async () => {
      const changedMs = whole.startMs + 65 * 24 * 3_600_000
      // What is learned from must be the same as well: then one fit serves, which for some models takes seconds.
      let learned: { from: readonly HourlySeries[]; fitted: FittedModel } | undefined
      const once: ForecastModel = {
        ...model,
        async fit(from, options) {
          learned ??= { from, fitted: await model.fit(from, options) }
          expect(from).toEqual(learned.from)
          return learned.fitted
        },
      }
      const issued = async (future: (series: HourlySeries) => HourlySeries): Promise<IssuedForecast[]> => {
        const forecasts: IssuedForecast[] = []
        await runBacktest({
          models: [once],
          buildings: [whole, ...training.slice(0, 1)].map((series) => clean(future(series))),
          protocol: PROTOCOLS['buildingsbench']!,
          split: { untilDate: '2026-03-02' },
          weatherMode: 'past',
          seed: 7,
          onForecast: (forecast) => void forecasts.push(forecast),
        })
        return forecasts
          .filter(({ issuedAtMs }) => issuedAtMs <= changedMs)
          .map((forecast) => ({ ...forecast, truth: new Float64Array() }))
      }
      const asItWas = await issued((series) => series)
      expect(asItWas.length).toBeGreaterThan(10)
      for (const value of [0, 1e6, NaN]) {
        const changed = await issued((series) => withOtherFuture(series, changedMs, value))
        // Where all that follows is missing, the day of the change itself has no truth and is not asked for.
        const times = new Set(changed.map(({ building, issuedAtMs }) => `${building} ${issuedAtMs}`))
        expect(changed).toEqual(
          asItWas.filter(({ building, issuedAtMs }) => times.has(`${building} ${issuedAtMs}`)),
        )
        expect(changed.length).toBeGreaterThan(asItWas.length - 3)
      }
    })
  })
}

const expectQuantiles = (quantiles: Float64Array | undefined): void => {
  expect(quantiles).toBeDefined()
  quantiles?.forEach((value, at) => {
    expect(Number.isFinite(value)).toBe(true)
    if (at % 9 > 0) expect(value).toBeGreaterThanOrEqual(quantiles[at - 1] ?? NaN)
  })
}
