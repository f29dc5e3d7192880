import { expect, it } from 'vitest'
import { FORECAST_MODELS } from '../../analytics/models/index.ts'
import { endMs, type HourlySeries, until } from '../../analytics/series.ts'
import { forecastModelContract } from '../contracts/forecastModel.ts'
import { syntheticSeries } from '../support/syntheticSeries.ts'

for (const model of Object.values(FORECAST_MODELS)) forecastModelContract(model)

/** Each value is its own hour number, so a forecast tells where it comes from. */
const counting = (timeZone: string, startMs: number, days: number) => ({
  ...syntheticSeries({ timeZone, startMs }),
  values: Float64Array.from({ length: days * 24 }, (_, at) => at),
})
const middles = async (name: string, history: HourlySeries, horizonHours: number) => {
  const fitted = await FORECAST_MODELS[name]!.fit([])
  return fitted.predict([{ history, horizonHours }])[0]!.filter((_, at) => at % 9 === 4)
}

it('knows the textbook values of the seasonal baselines', async () => {
  const history = counting('UTC', Date.UTC(2026, 0, 5), 70)
  const now = history.values.length
  // Hour by hour: the same hour of yesterday, of last week, the mean of seven days, the mean of four weeks.
  expect((await middles('previous-day', history, 24))[3]).toBe(now + 3 - 24)
  expect((await middles('seasonal-week', history, 24))[3]).toBe(now + 3 - 168)
  expect((await middles('same-hour-mean', history, 24))[3]).toBe(now + 3 - 24 * 4)
  expect((await middles('four-weeks', history, 24))[3]).toBe(now + 3 - 168 * 2.5)
  // Two days ahead, yesterday is not over: the day before it.
  expect((await middles('previous-day', history, 48))[30]).toBe(now + 30 - 48)
  expect((await middles('same-hour-mean', history, 48))[30]).toBe(now + 30 - 24 * 5)
})

it('keeps to the wall clock where clocks change', async () => {
  // Clocks go forward in London on 2026-03-29 at 01:00 UTC; issued at midnight of the 30th (23:00 UTC of the 29th).
  const series = counting('Europe/London', Date.UTC(2026, 1, 1), 70)
  const history = until(series, Date.UTC(2026, 2, 29, 23))
  const now = history.values.length
  expect(endMs(history)).toBe(Date.UTC(2026, 2, 29, 23))
  const week = await middles('seasonal-week', history, 24)
  // 08:00 of Monday the 30th is as 08:00 of Monday the 23rd, 169 hours of UTC earlier less one: 167.
  expect(week[8]).toBe(now + 8 - 167)
})
