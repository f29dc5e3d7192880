import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HOUR_MS, NOW_MS, openTestApi, readJson, type TestApi } from './testApi.ts'

let api: TestApi
beforeAll(async () => {
  api = await openTestApi()
})
afterAll(() => api[Symbol.asyncDispose]())

const erase = (body: unknown, role: keyof TestApi['keys'] = 'administrator') =>
  api.app.request('/v1/erasures', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${api.keys[role]}` },
    body: JSON.stringify(body),
  })

const fromMs = NOW_MS - 6 * HOUR_MS
const toMs = NOW_MS - 2 * HOUR_MS
const period = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() }
const readings = [
  'shared-office/occupancy',
  'shared-office/floor-2/occupancy',
  'shared-office/energy',
].flatMap((datastream) =>
  Array.from({ length: 40 }, (_, i) => ({
    datastream,
    timeMs: NOW_MS - ((i + 1) * HOUR_MS) / 4,
    value: 50 + i,
  })),
)
const kept = async (datastream: string): Promise<number[]> => {
  const { items } = await api.json(`/v1/series?datastream=${datastream}`, 'operator')
  return items.map(({ time }: { time: string }) => Date.parse(time))
}
const issue = (issuedAtMs: number) => ({
  building: 'shared-office',
  property: 'occupancy' as const,
  issuedAtMs,
  model: { name: 'x', version: '1' },
  hours: [{ startMs: NOW_MS, endMs: NOW_MS + HOUR_MS, quantiles: [1, 2, 3, 4, 5, 6, 7, 8, 9] }],
  days: [],
})

describe('an erasure', () => {
  it('reaches readings, their sums, findings and forecasts, and what a spool sends of them later', async () => {
    await api.append(...readings)
    const { catalogue, quality, forecasts } = api.context
    const id = catalogue.datastreams.find('shared-office/occupancy')?.id ?? 0
    quality.change([
      { datastreamId: id, put: { kind: 'impossible-jump', fromMs, toMs: fromMs + 1, count: 1, detail: 'x' } },
    ])
    for (const atMs of [fromMs - HOUR_MS, fromMs + HOUR_MS, NOW_MS]) forecasts.put(issue(atMs))

    const answer = await erase({ about: 'shared-office/occupancy', ...period })
    expect(answer.status).toBe(200)
    expect(await readJson(answer)).toMatchObject({ datastreams: 1, readings: 16, forecasts: 2 })
    const isGone = async () => {
      const times = await kept('shared-office/occupancy')
      expect(times).toHaveLength(24)
      expect(times.filter((timeMs) => timeMs >= fromMs && timeMs < toMs)).toEqual([])
    }
    await isGone()
    const { items } = await api.json(
      `/v1/series?datastream=shared-office/occupancy&bucket=1h&from=${period.from}&to=${period.to}`,
      'operator',
    )
    expect(items.map(({ count }: { count: number }) => count)).toEqual([0, 0, 0, 0])
    expect((await api.json('/v1/quality', 'operator')).items).toEqual([])
    expect(forecasts.newest('shared-office', 'occupancy')?.issuedAtMs).toBe(fromMs - HOUR_MS)
    expect(await kept('shared-office/energy')).toHaveLength(40)

    await api.append(...readings)
    await isGone()
    expect(await kept('shared-office/floor-2/occupancy')).toHaveLength(40)
  })

  it('of a Thing takes all that is at and below it', async () => {
    const answer = await erase({ about: 'shared-office', ...period })
    expect(await readJson(answer)).toMatchObject({ datastreams: 3, readings: 32 })
    expect(await kept('shared-office/floor-2/occupancy')).toHaveLength(24)
  })

  it('is for administrators, of what there is, over a period that is one', async () => {
    expect((await erase({ about: 'shared-office', ...period }, 'operator')).status).toBe(403)
    expect((await erase({ about: 'nowhere', ...period })).status).toBe(404)
    expect((await erase({ about: 'shared-office', from: period.to, to: period.from })).status).toBe(400)
    expect((await erase({ about: 'shared-office', ...period, why: 'x' })).status).toBe(400)
  })
})
