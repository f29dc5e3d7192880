import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { measureReliability } from '../../api/reliability.ts'
import type { ForecastIssue } from '../../store/forecasts.ts'
import { HOUR_MS, NOW_MS, openTestApi, type TestApi } from './testApi.ts'

const DAY_MS = 24 * HOUR_MS
const todayMs = NOW_MS - 10 * HOUR_MS

/** Quantiles 0.1 to 0.9 around a median, `step` apart. */
const around = (median: number, step: number) => Array.from({ length: 9 }, (_, i) => median + (i - 4) * step)

const issueOf = (
  property: ForecastIssue['property'],
  issuedAtMs: number,
  untilMs: number,
  quantiles: (startMs: number) => number[],
): ForecastIssue => {
  const hours = []
  for (let startMs = issuedAtMs; startMs < untilMs; startMs += HOUR_MS)
    hours.push({ startMs, endMs: startMs + HOUR_MS, quantiles: quantiles(startMs) })
  return {
    building: 'shared-office',
    property,
    issuedAtMs,
    model: { name: 'same-hour-mean', version: '1' },
    hours,
    days: [{ startMs: issuedAtMs, endMs: issuedAtMs + DAY_MS, quantiles: around(240, 5) }],
  }
}

let api: TestApi
beforeAll(async () => {
  api = await openTestApi()
  // Ten kWh each hour for the last two days: the day's total is 240.
  const hours = Array.from({ length: 59 }, (_, i) => todayMs - 2 * DAY_MS + i * HOUR_MS)
  api.context.catalogue.datastreams.declare({ path: 'shared-office/energy', intervalSeconds: 3600 })
  await api.append(
    ...hours.map((timeMs, i) => ({ datastream: 'shared-office/energy', timeMs, value: 1000 + 10 * i })),
  )
  const { forecasts } = api.context
  forecasts.put(issueOf('energy', todayMs - 2 * DAY_MS, todayMs, () => around(10, 1)))
  // Two too high: inside its interval (6.. of 8 to 16), but off by two.
  forecasts.put(issueOf('energy', todayMs - DAY_MS, todayMs, () => around(12, 1)))
  forecasts.put(issueOf('energy', NOW_MS, todayMs + 2 * DAY_MS, () => around(11, 1)))
  forecasts.put(issueOf('occupancy', NOW_MS, todayMs + 2 * DAY_MS, () => around(47.3, 10.1)))
})
afterAll(() => api[Symbol.asyncDispose]())

const url = (property: string) => `/v1/buildings/shared-office/forecasts?property=${property}`

describe('/v1/buildings/{building}/forecasts', () => {
  it('gives the newest issue with its nine quantiles, model and local times', async () => {
    const answer = await api.json(url('energy'))
    expect(answer).toMatchObject({
      building: 'shared-office',
      property: 'energy',
      unit: 'kWh',
      timezone: 'Asia/Makassar',
      issuedAt: '2026-11-24T10:00:00+08:00',
      model: { name: 'same-hour-mean', version: '1' },
      demonstration: true,
    })
    expect(answer.items).toHaveLength(38)
    expect(answer.items[0]).toMatchObject({
      start: '2026-11-24T10:00:00+08:00',
      end: '2026-11-24T11:00:00+08:00',
      quantiles: { '0.1': 7, '0.5': 11, '0.9': 15 },
    })
    expect(Object.keys(answer.items[0].quantiles)).toHaveLength(9)
    expect(answer.items.at(-1).end).toBe('2026-11-26T00:00:00+08:00')
  })

  it('says how right such forecasts were', async () => {
    const { reliability } = await api.json(url('energy'))
    // 48 hours, half of them off by 2 of 10: sqrt(24 * 4 / 48) = 1.414, in per cent of 10.
    expect(reliability.days).toBe(2)
    expect(reliability.daysInside).toBe(2)
    expect(reliability.coverage80).toBe(1)
    expect(reliability.forecasts).toBe(48)
    expect(reliability.nrmse).toBeCloseTo(14.14, 2)
  })

  it('tells people rounded to ten, and not below ten', async () => {
    const { items } = await api.json(url('occupancy'))
    expect(items[0].quantiles).toMatchObject({ '0.1': null, '0.5': 50, '0.9': 90 })
    const exact = await api.json(url('occupancy'), 'operator')
    expect(exact.items[0].quantiles['0.5']).toBeCloseTo(47.3)
  })

  it('says when there is none yet, or what was not asked', async () => {
    expect((await api.get('/v1/buildings/library/forecasts?property=energy')).status).toBe(404)
    expect((await api.get('/v1/buildings/nowhere/forecasts?property=energy')).status).toBe(404)
    expect((await api.get(url('co2'))).status).toBe(400)
    expect((await api.get('/v1/buildings/shared-office/forecasts')).status).toBe(400)
  })
})

describe('how right forecasts were', () => {
  it('is measured again when late data made the newest issue again', async () => {
    await using own = await openTestApi()
    const { catalogue, forecasts } = own.context
    catalogue.datastreams.declare({ path: 'shared-office/energy', intervalSeconds: 3600 })
    const yesterdayMs = todayMs - DAY_MS
    const append = (fromHour: number, toHour: number) =>
      own.append(
        ...Array.from({ length: toHour - fromHour + 1 }, (_, i) => ({
          datastream: 'shared-office/energy',
          timeMs: yesterdayMs + (fromHour + i) * HOUR_MS,
          value: 10 * (fromHour + i),
        })),
      )
    forecasts.put(issueOf('energy', yesterdayMs, todayMs, () => around(10, 1)))
    forecasts.put(issueOf('energy', NOW_MS, todayMs + DAY_MS, () => around(10, 1)))
    await append(0, 12)
    expect((await own.json(url('energy'))).reliability.forecasts).toBe(12)
    await append(13, 24)
    forecasts.put(issueOf('energy', NOW_MS, todayMs + DAY_MS, () => around(10.5, 1)))
    expect((await own.json(url('energy'))).reliability.forecasts).toBe(24)
  })

  it('is measured by what everybody is told of people, and so the same for all', async () => {
    await using own = await openTestApi()
    own.context.catalogue.datastreams.declare({ path: 'shared-office/occupancy', intervalSeconds: 3600 })
    const yesterdayMs = todayMs - DAY_MS
    own.context.forecasts.put(issueOf('occupancy', yesterdayMs, todayMs, () => around(100, 5)))
    own.context.forecasts.put(issueOf('occupancy', NOW_MS, todayMs + DAY_MS, () => around(100, 5)))
    await own.append({ datastream: 'shared-office/occupancy', timeMs: yesterdayMs, value: 37 })
    const { reliability } = await own.json(url('occupancy'))
    // 37 people are told as 40.
    expect(reliability.nrmse).toBeCloseTo((100 * 60) / 40)
    expect((await own.json(url('occupancy'), 'operator')).reliability).toEqual(reliability)
  })
})

describe('reliability', () => {
  const truthOf = (value: number) =>
    Array.from({ length: 24 }, (_, i) => ({ timeMs: todayMs + i * HOUR_MS, value }))
  const days = [todayMs, todayMs + DAY_MS]

  it('scores a day by the issue made before it began, never by one that saw it', () => {
    const before = issueOf('energy', todayMs, todayMs + DAY_MS, () => around(10, 1))
    const during = issueOf('energy', todayMs + HOUR_MS, todayMs + DAY_MS, () => around(99, 1))
    expect(measureReliability([before, during], truthOf(10), days)).toMatchObject({ coverage80: 1, nrmse: 0 })
    expect(measureReliability([during], truthOf(10), days)).toEqual({
      days: 0,
      daysInside: 0,
      coverage80: null,
      nrmse: null,
      forecasts: 0,
    })
  })

  it('counts a day whose total fell outside its interval as outside', () => {
    const issue = issueOf('energy', todayMs, todayMs + DAY_MS, () => around(10, 1))
    expect(measureReliability([issue], truthOf(11), days)).toMatchObject({
      days: 1,
      daysInside: 0,
      coverage80: 1,
    })
  })

  it('gives a day with a hole no total, but scores its hours', () => {
    const issue = issueOf('energy', todayMs, todayMs + DAY_MS, () => around(10, 1))
    expect(measureReliability([issue], truthOf(10).slice(3), days)).toMatchObject({ days: 0, forecasts: 21 })
  })
})
