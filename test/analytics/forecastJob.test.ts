import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ForecastJob } from '../../analytics/forecastJob.ts'
import { FORECAST_MODELS } from '../../analytics/models/index.ts'
import type { Reading } from '../../city/observation.ts'
import type { Catalogue } from '../../store/catalogue/catalogue.ts'
import type { ForecastStore } from '../../store/forecasts.ts'
import type { Intake } from '../../store/intake.ts'
import { openForecastParts, seasonalPackage } from '../support/forecastParts.ts'
import { fitted, profileModel } from '../support/profileModel.ts'
import { openStores } from '../support/stores.ts'

import { newModel } from './registry/newModel.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.parse('2026-03-02T00:00:00+08:00')

let stack: AsyncDisposableStack
let catalogue: Catalogue
let intake: Intake
let forecasts: ForecastStore
let job: ForecastJob
let parts: Awaited<ReturnType<typeof openForecastParts>>

beforeEach(async () => {
  stack = new AsyncDisposableStack()
  const stores = await openStores(stack, Date.now)
  ;({ catalogue, forecasts, intake } = stores)
  parts = await openForecastParts(stack, stores, {
    kinds: { ...FORECAST_MODELS, profile: profileModel },
    packaged: seasonalPackage,
    now: Date.now,
  })
  ;({ job } = parts)
})
afterEach(() => stack.disposeAsync())

/** A register that has grown each hour by 10 + the hour of the day, from START to `days` later, both ends included. */
const register = (days: number, change: (hour: number) => number = () => 0): Reading[] => {
  let value = 0
  return Array.from({ length: days * 24 + 1 }, (_, i) => {
    if (i > 0) value += 10 + ((i - 1) % 24) + change(i - 1)
    return { datastream: 'library/energy', timeMs: START + i * HOUR, value, unit: 'kWh' }
  })
}

const noonTomorrow = (building = 'library') => {
  const issue = forecasts.newest(building, 'energy')
  return issue?.hours.find(({ startMs }) => startMs === START + 21 * DAY + 12 * HOUR)?.quantiles
}

describe('the forecast job', () => {
  it('issues hourly consumption to the end of tomorrow as soon as the data carry it', async () => {
    await intake.append(register(20))
    await job.idle()
    const issue = forecasts.newest('library', 'energy')
    expect(issue?.issuedAtMs).toBe(START + 20 * DAY)
    expect(issue?.model).toMatchObject({
      name: 'same-hour-mean',
      version: expect.stringMatching(/^1\+[0-9a-f]{12}$/),
    })
    expect(issue?.hours).toHaveLength(48)
    expect(issue?.hours[12]?.quantiles[4]).toBeCloseTo(22, 6)
    // 24 x 10 + (0 + 1 + ... + 23) = 516 for each of the two whole days, by hand.
    expect(issue?.days.map(({ quantiles }) => Math.round(quantiles[4] ?? 0))).toEqual([516, 516])
  })

  it('issues again, and differently, when the next hour arrives', async () => {
    await intake.append(register(20))
    await job.idle()
    const before = noonTomorrow()
    const last = register(20).at(-1)?.value ?? 0
    await intake.append(
      Array.from({ length: 13 }, (_, i) => ({
        datastream: 'library/energy',
        timeMs: START + 20 * DAY + (i + 1) * HOUR,
        value: last + (i + 1) * 100,
        unit: 'kWh',
      })),
    )
    await job.idle()
    expect(forecasts.newest('library', 'energy')?.issuedAtMs).toBe(START + 20 * DAY + 13 * HOUR)
    expect(noonTomorrow()).not.toEqual(before)
  })

  it('is not moved by a lone reading far ahead, and believes late data', async () => {
    await intake.append(register(20))
    await job.idle()
    const before = forecasts.newest('library', 'energy')
    const last = register(20).at(-1)?.value ?? 0
    const ahead = {
      datastream: 'library/energy',
      timeMs: START + 20 * DAY + 20 * HOUR,
      value: last + 400,
      unit: 'kWh',
    }
    await intake.append([ahead])
    await job.idle()
    expect(forecasts.newest('library', 'energy')?.issuedAtMs).toBe(before?.issuedAtMs)
    expect(noonTomorrow()).toEqual(before?.hours[36]?.quantiles)
    // Yesterday noon had used 100 kWh more, as comes to light now.
    await intake.append(
      register(20, (hour) => (hour === 19 * 24 + 12 ? 100 : 0)).filter(
        ({ timeMs }) => timeMs > START + 19 * DAY,
      ),
    )
    await job.idle()
    expect(noonTomorrow()).not.toEqual(before?.hours[36]?.quantiles)
  })

  it('leaves parts of a building, other properties and too short a past without a forecast', async () => {
    await intake.append([
      ...register(20).map((reading) => ({ ...reading, datastream: 'library/floor-1/energy' })),
      ...register(20).map((reading) => ({ ...reading, datastream: 'library/water', unit: 'm3' })),
      ...register(2).map((reading) => ({ ...reading, datastream: 'clinic/energy' })),
    ])
    await job.idle()
    await job.catchUp()
    expect(forecasts.newest('library', 'energy')).toBeUndefined()
    expect(forecasts.newest('clinic', 'energy')).toBeUndefined()
  })

  it('says what a forecast goes by: holes, and that a building is young', async () => {
    await intake.append(
      register(20).filter(({ timeMs }) => timeMs < START + 17 * DAY || timeMs >= START + 18 * DAY),
    )
    await job.idle()
    const young = forecasts.newest('library', 'energy')?.context
    // Twenty days of which one is a hole; what was before them is none.
    expect(young?.coldStart).toBe(true)
    expect(young?.measured).toBeCloseTo(19 / 20, 2)
    await intake.append(register(40))
    await job.idle()
    expect(forecasts.newest('library', 'energy')?.context).toMatchObject({ coldStart: false, measured: 1 })
  })

  it('goes by no hour that somebody has labelled as bad', async () => {
    const labels = { about: 'library', fromMs: START + 35 * DAY, toMs: START + 38 * DAY, reason: 'works' }
    catalogue.labels.add({ ...labels, createdMs: 0, createdBy: 'test' })
    await intake.append(register(40))
    await job.idle()
    const { hours, measured } = forecasts.newest('library', 'energy')?.context ?? expect.fail()
    expect(measured).toBeCloseTo((Math.min(hours, 40 * 24) - 72) / Math.min(hours, 40 * 24), 6)
  })

  it('has a challenger forecast beside the champion, where nobody is shown it', async () => {
    const { registry, challengers } = parts
    const content = fitted(Array.from({ length: 168 }, () => 7)).save()
    const challenger = registry.add(newModel('', { name: 'profile', content }))
    await intake.append(register(20))
    await job.idle()
    expect(forecasts.newest('library', 'energy')?.model.name).toBe('same-hour-mean')
    expect(challengers.newest('library', 'energy')).toMatchObject({
      issuedAtMs: START + 20 * DAY,
      model: { name: 'profile', version: `1+${challenger.id}` },
    })
    registry.promote(challenger.id, 'for a test')
    await job.catchUp()
    expect(forecasts.newest('library', 'energy')?.model.version).toBe(`1+${challenger.id}`)
  })

  it('forecasts people by the mean of an hour', async () => {
    await intake.append(
      Array.from({ length: 20 * 96 + 1 }, (_, i) => ({
        datastream: 'library/occupancy',
        timeMs: START + i * 15 * 60_000,
        value: 10 * (Math.floor(i / 4) % 24),
      })),
    )
    await job.idle()
    const hours = forecasts.newest('library', 'occupancy')?.hours ?? []
    expect(hours.slice(0, 24).map(({ quantiles }) => quantiles[4])).toEqual(
      Array.from({ length: 24 }, (_, i) => 10 * i),
    )
  })

  it('knows no more of people than everybody is told, and too few of them as none', async () => {
    await intake.append(
      Array.from({ length: 20 * 96 + 1 }, (_, i) => ({
        datastream: 'library/occupancy',
        timeMs: START + i * 15 * 60_000,
        value: Math.floor(i / 4) % 24,
      })),
    )
    await job.idle()
    const hours = forecasts.newest('library', 'occupancy')?.hours ?? []
    expect(hours.slice(0, 24).map(({ quantiles }) => quantiles[4])).toEqual(
      Array.from({ length: 24 }, (_, i) => (i < 10 ? 0 : i < 15 ? 10 : 20)),
    )
  })

  it('fills in past issues that know nothing of what came later', async () => {
    await intake.append(register(30))
    await job.backfill(10)
    const issues = () => forecasts.range('library', 'energy', START, START + 25 * DAY)
    const before = issues()
    expect(before.map(({ issuedAtMs }) => (issuedAtMs - START) / DAY)).toEqual([20, 21, 22, 23, 24])
    // Everything from day 25 on becomes different; what was issued before must not.
    await intake.append(register(30, (hour) => (hour >= 25 * 24 ? 500 : 0)).slice(25 * 24 + 1))
    await job.backfill(10)
    expect(issues()).toEqual(before)
    const after = forecasts.range('library', 'energy', START + 29 * DAY, START + 30 * DAY)
    expect(after[0]?.hours[0]?.quantiles).not.toEqual(before[0]?.hours[0]?.quantiles)
  })

  it('stops to fill in past issues when the city ends meanwhile', async () => {
    await intake.append(register(30))
    await job.idle()
    const known = forecasts.range('library', 'energy', START, START + 31 * DAY).length
    const stopping = new AbortController()
    const filling = job.backfill(10, stopping.signal)
    stopping.abort()
    await expect(filling).rejects.toThrow(/abort/)
    expect(forecasts.range('library', 'energy', START, START + 31 * DAY)).toHaveLength(known)
  })
})
