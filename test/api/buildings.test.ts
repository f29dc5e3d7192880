import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApi } from '../../api/app.ts'
import { NadiError } from '../../city/errors.ts'
import { MINUTE_MS, NOW_MS, openTestApi, readJson, type TestApi } from './testApi.ts'

let api: TestApi
beforeAll(async () => {
  api = await openTestApi()
  const timeMs = NOW_MS - 2 * MINUTE_MS
  await api.append(
    { datastream: 'shared-office/occupancy', timeMs, value: 163 },
    { datastream: 'shared-office/temperature', timeMs, value: 25.5 },
    { datastream: 'shared-office/energy', timeMs, value: 120_000.5 },
    { datastream: 'shared-office/presence', timeMs, value: 1 },
    { datastream: 'shared-office/floor-2/zone-a/co2', timeMs, value: 640 },
    { datastream: 'library/occupancy', timeMs: NOW_MS - 90 * MINUTE_MS, value: 7 },
    { datastream: 'estate/bldg-7/energy', timeMs, value: 12 },
  )
})
afterAll(() => api[Symbol.asyncDispose]())

describe('/v1/buildings', () => {
  it('lists the city file’s buildings in its order, then those that only data speak of', async () => {
    const { items, next } = await api.json('/v1/buildings')
    expect(items.map(({ id }: { id: string }) => id)).toEqual(['shared-office', 'library', 'estate'])
    expect(next).toBeNull()
    expect(items[0]).toMatchObject({
      name: 'Kantor bersama',
      use: 'shared-office',
      areaSquareMetres: 4000,
      geometry: { type: 'Polygon' },
      demonstration: true,
      notice: 'data demonstrasi',
    })
    expect(items[1]).toMatchObject({ demonstration: false })
    expect(items[1]).not.toHaveProperty('notice')
    expect(items[2]).toMatchObject({ name: 'estate', use: 'other', areaSquareMetres: null, geometry: null })
  })

  it('pages by next, without losing or repeating a building', async () => {
    const seen = []
    for (let url: string | null = '/v1/buildings?limit=1'; url;) {
      const page = await api.json(url)
      seen.push(...page.items.map(({ id }: { id: string }) => id))
      url = page.next
    }
    expect(seen).toEqual(['shared-office', 'library', 'estate'])
  })

  it('does not begin again after a building that is gone', async () => {
    const problem = await api.json('/v1/buildings?after=demolished', undefined, 400)
    expect(problem).toMatchObject({ code: 'invalid-input', errors: [{ pointer: '/after' }] })
    for (const list of ['users', 'keys', 'devices'])
      await api.json(`/v1/${list}?after=gone`, 'administrator', 400)
  })

  it('says what is known without the store while that is away, and that how they are now is not', async () => {
    const latest = () => Promise.reject(new NadiError('store-unavailable', 'InfluxDB did not confirm'))
    const app = createApi({ ...api.context, observations: { ...api.context.observations, latest } })
    const answered = async (url: string, status: number) => {
      const response = await app.request(url)
      expect(response.status).toBe(status)
      return readJson(response)
    }
    const { items } = await answered('/v1/buildings', 200)
    expect(items).toMatchObject([
      { id: 'shared-office', name: 'Kantor bersama', capacityPeople: 400, now: {}, nowKnown: false },
      { id: 'library', now: {}, nowKnown: false },
      { id: 'estate', now: {}, nowKnown: false },
    ])
    expect(await answered('/v1/buildings/library', 200)).toMatchObject({ id: 'library', nowKnown: false })
    expect(await answered('/v1/buildings/library/now', 503)).toMatchObject({ code: 'store-unavailable' })
    expect(await api.json('/v1/buildings/library')).toMatchObject({ nowKnown: true })
  })

  it('speaks the language that is asked for', async () => {
    const { items } = await api.json('/v1/buildings?lang=en')
    expect(items[0]).toMatchObject({ name: 'Shared office', notice: 'demonstration data' })
    const english = await api.app.request('/v1/buildings', {
      headers: { 'accept-language': 'en-GB, id;q=0.5' },
    })
    expect((await readJson(english)).items[0].name).toBe('Shared office')
    const cookie = await api.app.request('/v1/buildings', {
      headers: { 'accept-language': 'id', cookie: 'nadi_language=en' },
    })
    expect((await readJson(cookie)).items[0].name).toBe('Shared office')
  })
})

describe('/v1/buildings/{building}/now', () => {
  it('says value, unit, local time, age and state of each property', async () => {
    const now = await api.json('/v1/buildings/shared-office/now')
    expect(now.temperature).toEqual({
      value: 25.5,
      unit: 'Cel',
      phenomenonTime: '2026-11-24T09:58:00+08:00',
      ageSeconds: 120,
      state: 'fresh',
      demonstration: true,
      notice: 'data demonstrasi',
    })
    expect(now.energy).toMatchObject({ value: 120_000.5, unit: 'kWh' })
  })

  it('tells nothing reserved that rests on fewer than three parts, but to who may see the parts', async () => {
    await using own = await openTestApi()
    const co2 = async (role?: 'citizen' | 'agency:health' | 'scientist' | 'operator') =>
      (await own.json('/v1/buildings/shared-office/now', role)).co2
    const part = (name: string, value: number) =>
      own.append({ datastream: `shared-office/${name}/co2`, timeMs: NOW_MS - MINUTE_MS, value })
    const untold = { value: null, phenomenonTime: null, ageSeconds: null, state: 'none', suppressed: true }
    await part('floor-1/lobby', 500)
    await part('floor-2/zone-a', 640)
    for (const role of [undefined, 'citizen', 'agency:health'] as const)
      expect(await co2(role)).toMatchObject(untold)
    for (const role of ['scientist', 'operator'] as const)
      expect(await co2(role)).toMatchObject({ value: 570, state: 'fresh' })
    expect(await co2('operator')).not.toHaveProperty('parts')
    await part('floor-3', 600)
    expect(await co2()).toMatchObject({ value: 580, state: 'fresh' })
    const { energy } = await api.json('/v1/buildings/estate/now')
    expect(energy).toMatchObject(untold)
    expect((await api.json('/v1/buildings/estate/now', 'operator')).energy.value).toBe(12)
  })

  it('tells who comes and goes rounded, and calls no building full by it', async () => {
    await using own = await openTestApi()
    await own.append({ datastream: 'library/inflow', timeMs: NOW_MS - MINUTE_MS, value: 163 })
    const { items } = await own.json('/v1/datastreams?thing=library')
    expect(items.find(({ name }: { name: string }) => name === 'library/inflow').latest).toMatchObject({
      value: 160,
      level: 'unknown',
    })
    expect((await own.json('/v1/buildings/library/now')).inflow).toMatchObject({
      value: 160,
      level: 'unknown',
    })
  })

  it('tells people as a level and a rounded count, exactly to operators only', async () => {
    for (const role of [undefined, 'citizen', 'scientist', 'agency:health'] as const) {
      const { occupancy } = await api.json('/v1/buildings/shared-office/now', role)
      expect(occupancy).toMatchObject({ value: 160, level: 'moderate', suppressed: false })
    }
    for (const role of ['operator', 'administrator'] as const) {
      const { occupancy } = await api.json('/v1/buildings/shared-office/now', role)
      expect(occupancy).toMatchObject({ value: 163, level: 'moderate' })
    }
  })

  it('suppresses fewer than ten and calls old data stale', async () => {
    const { occupancy } = await api.json('/v1/buildings/library/now')
    expect(occupancy).toMatchObject({
      value: null,
      suppressed: true,
      level: 'quiet',
      state: 'stale',
      ageSeconds: 5400,
    })
  })

  it('does not tell citizens whether anybody is in at all', async () => {
    expect(await api.json('/v1/buildings/shared-office/now')).not.toHaveProperty('presence')
    expect(await api.json('/v1/buildings/shared-office/now', 'operator')).toHaveProperty('presence')
  })

  it('answers 404 for a building that there is not', async () => {
    const problem = await api.json('/v1/buildings/nowhere/now', undefined, 404)
    expect(problem).toMatchObject({ code: 'not-found', status: 404 })
  })
})

describe('/v1/datastreams', () => {
  it('lists what is measured at and below a Thing, with the latest value', async () => {
    const { items } = await api.json('/v1/datastreams?thing=shared-office/floor-2', 'operator')
    expect(items).toHaveLength(1)
    expect(items[0]).toMatchObject({
      name: 'shared-office/floor-2/zone-a/co2',
      property: 'co2',
      unit: 'ppm',
      latest: { time: '2026-11-24T09:58:00+08:00', value: 640 },
      demonstration: true,
    })
    expect(items[0].id).toBeTypeOf('number')
  })

  it('leaves out what the reader may not see, and rounds people', async () => {
    const { items } = await api.json('/v1/datastreams?thing=shared-office')
    const names = items.map(({ name }: { name: string }) => name)
    expect(names).toEqual(['shared-office/energy', 'shared-office/occupancy', 'shared-office/temperature'])
    expect(items[1].latest).toMatchObject({ value: 160, level: 'moderate' })
  })

  it('pages through everything', async () => {
    const seen = []
    for (let url: string | null = '/v1/datastreams?limit=2'; url;) {
      const page = await api.json(url, 'operator')
      seen.push(...page.items.map(({ name }: { name: string }) => name))
      url = page.next
    }
    expect(seen).toHaveLength(7)
    expect(new Set(seen).size).toBe(7)
  })
})
