import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HOUR_MS, MINUTE_MS, NOW_MS, openTestApi, type TestApi } from './testApi.ts'

/** The office at ten: an hour of people and of electricity, warmth, and a forecast to the evening. */
let api: TestApi
beforeAll(async () => {
  api = await openTestApi()
  for (let minute = 60; minute >= 0; minute -= 5) {
    const timeMs = NOW_MS - minute * MINUTE_MS
    // oxlint-disable-next-line no-await-in-loop -- as they are measured
    await api.append(
      { datastream: 'shared-office/occupancy', timeMs, value: 123 },
      { datastream: 'shared-office/energy', timeMs, value: 1000 + (60 - minute) },
      { datastream: 'shared-office/temperature', timeMs, value: 27.5 },
      { datastream: 'library/occupancy', timeMs: timeMs - 3 * HOUR_MS, value: 50 },
    )
  }
  const issue = (property: 'occupancy' | 'energy', building: string, quantiles: number[][]) =>
    api.context.forecasts.put({
      building,
      property,
      issuedAtMs: NOW_MS,
      model: { name: 'test', version: '1' },
      days: [],
      hours: quantiles.map((of, hour) => ({
        startMs: NOW_MS + hour * HOUR_MS,
        endMs: NOW_MS + (hour + 1) * HOUR_MS,
        quantiles: of,
      })),
    })
  const busy = [101, 110, 120, 130, 152, 160, 170, 180, 199]
  const few = [1, 2, 3, 4, 5, 6, 7, 8, 9]
  for (const building of ['shared-office', 'library']) issue('occupancy', building, [busy, few, busy])
  issue('energy', 'shared-office', [[40, 41, 42, 43, 45, 46, 47, 48, 50]])
})
afterAll(() => api[Symbol.asyncDispose]())

const hourOf = <Hour extends { start: string }>(hours: readonly Hour[], start: string): Hour | undefined =>
  hours.find((hour) => hour.start === `2026-11-24T${start}:00:00+08:00`)

describe('/v1/buildings/{building}/occupancy', () => {
  it('tells people now and by the hour, rounded and with how much was measured, to every role alike', async () => {
    for (const role of [undefined, 'operator'] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one question after the other
      const { now, days, ...about } = await api.json('/v1/buildings/shared-office/occupancy', role)
      expect(about).toEqual({
        building: 'shared-office',
        timezone: 'Asia/Makassar',
        demonstration: true,
        notice: 'data demonstrasi',
        unit: '1',
        bucket: '1h',
        state: 'measured',
        capacityPeople: 400,
      })
      expect(now).toEqual({
        people: 120,
        level: 'quiet',
        share: 0.3,
        phenomenonTime: '2026-11-24T10:00:00+08:00',
        state: 'fresh',
      })
      expect(days.map(({ day }: { day: string }) => day)).toEqual(['today', 'tomorrow'])
      const [{ items }] = days
      expect(items).toHaveLength(24)
      expect(hourOf(items, '09')).toMatchObject({ people: 120, suppressed: false, measured: 1 })
      expect(hourOf(items, '03')).toMatchObject({ people: null, suppressed: false, measured: 0 })
    }
  })

  it('tells no number of people to come where they are surely few', async () => {
    const [{ items }] = (await api.json('/v1/buildings/shared-office/occupancy')).days
    expect(hourOf(items, '10')).toMatchObject({ expected: { suppressed: false, people: { low: 100 } } })
    expect(hourOf(items, '11')).toMatchObject({ expected: { suppressed: true, people: null } })
    expect(hourOf(items, '20')).toMatchObject({ expected: null })
  })

  it('withholds what is expected while the counter is silent', async () => {
    const { state, days } = await api.json('/v1/buildings/library/occupancy')
    expect(state).toBe('silent')
    for (const { items } of days) for (const { expected } of items) expect(expected).toBeNull()
    expect((await api.json('/v1/buildings/library/best-time')).items).toEqual([])
  })
})

describe('/v1/buildings/{building}/best-time', () => {
  it('names the quietest hours to come that the page names', async () => {
    const { items } = await api.json('/v1/buildings/shared-office/best-time')
    expect(items[0]).toMatchObject({
      start: '2026-11-24T11:00:00+08:00',
      day: 'today',
      now: false,
      expected: { people: null, suppressed: true },
    })
    const page = await (await api.get('/buildings/shared-office?lang=en')).text()
    expect(page).toContain('11:00')
  })
})

describe('/v1/buildings/{building}/comfort', () => {
  it('tells warmth against its band, and nothing of air that was not measured', async () => {
    const { temperature, co2, votes } = await api.json('/v1/buildings/shared-office/comfort')
    expect(temperature).toMatchObject({ value: 27.5, unit: 'Cel', verdict: 'warm', state: 'fresh' })
    expect(temperature.comfortable.from).toBeLessThan(temperature.comfortable.to)
    expect(co2).toBeNull()
    expect(votes).toEqual({ votes: null, cold: null, fine: null, warm: null })
  })
})

describe('/v1/buildings/{building}/energy', () => {
  it('tells today by the hour, how much of it was measured and what is expected', async () => {
    const { today, items, ike, unit } = await api.json('/v1/buildings/shared-office/energy')
    expect(unit).toBe('kWh')
    expect(today).toMatchObject({ value: 60, until: '2026-11-24T10:00:00+08:00', missingHours: 9 })
    expect(hourOf(items, '09')).toMatchObject({ value: 60, measured: 1 })
    expect(hourOf(items, '03')).toMatchObject({ value: null, measured: 0 })
    expect(hourOf(items, '10')).toMatchObject({ value: null, expected: { low: 40, middle: 45, high: 50 } })
    expect(ike).toBeNull()
  })

  it('says of a building without a meter that nothing is known', async () => {
    const { today, tomorrow, items } = await api.json('/v1/buildings/library/energy')
    expect({ today, tomorrow, items }).toEqual({ today: null, tomorrow: null, items: [] })
  })
})

it.each(['occupancy', 'best-time', 'comfort', 'energy'])('%s knows no other building', async (about) => {
  expect((await api.get(`/v1/buildings/nowhere/${about}`)).status).toBe(404)
  expect((await api.get(`/v1/buildings/library/${about}?limit=1`)).status).toBe(400)
})
