import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../support/until.ts'
import { openTestApi, readJson, type TestApi } from './testApi.ts'
import { modelIds, testModels } from './testModels.ts'

const stack = new AsyncDisposableStack()
let api: TestApi
let ids: string[]
beforeAll(async () => {
  api = stack.use(await openTestApi({ models: testModels(stack) }))
  ids = modelIds(api)
})
afterAll(() => stack.disposeAsync())

const post = async (url: string, body: unknown, status = 200) => {
  const response = await api.app.request(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.keys.scientist}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(response.status).toBe(status)
  return readJson(response)
}
const get = (url: string, status = 200) => api.json(url, 'scientist', status)

describe('/v1/models', () => {
  it('lists models, the newest first, with where they come from and why they are what they are', async () => {
    const { items, next } = await get('/v1/models?property=energy')
    expect(items.map(({ id }: { id: string }) => id)).toEqual(ids.toReversed())
    expect(next).toBeNull()
    expect(items[0]).toMatchObject({
      property: 'energy',
      building: null,
      name: 'profile',
      issuedVersion: `1+${ids[2]}`,
      state: 'challenger',
      reason: 'for a test',
      data: { fingerprint: 'f', series: 1, from: '1970-01-01T00:00:00.000Z' },
      codeVersion: '0.1.0',
    })
    expect((await get('/v1/models?property=occupancy')).items).toEqual([])
  })

  it('promotes, rolls back, and tells what became of a model', async () => {
    await post(`/v1/models/${ids[0]}/promotion`, { reason: 'first' })
    await post(`/v1/models/${ids[1]}/promotion`, { reason: 'second' })
    expect((await post(`/v1/models/${ids[1]}/promotion`, {}, 409)).detail).toMatch(/champion already/)
    const { from, to } = await post('/v1/models/rollbacks', { property: 'energy', reason: 'complaints' })
    expect([from.id, to.id]).toEqual([ids[1], ids[0]])
    expect((await post('/v1/models/rollbacks', { property: 'energy' }, 409)).detail).toMatch(/no earlier/)
    const shown = await get(`/v1/models/${ids[1]}`)
    expect(shown.events.map(({ state }: { state: string }) => state)).toEqual([
      'challenger',
      'retired',
      'champion',
      'refused',
    ])
    expect(shown.reason).toBe('Rolled back: complaints')
  })

  it('compares two models on the days that both have', async () => {
    const score = { building: 'library', dayMs: 0, hours: 24, squares: 24, inside: 20, truth: 240 }
    const { scores } = api.context.models?.registry ?? expect.fail()
    scores.put(ids[0] ?? '', [{ ...score, pinball: 10 }])
    scores.put(ids[1] ?? '', [
      { ...score, pinball: 5 },
      { ...score, dayMs: 1, pinball: 99 },
    ])
    const compared = await get(`/v1/models/${ids[0]}/comparison?with=${ids[1]}`)
    expect(compared).toMatchObject({ days: 1, buildings: 1, gain: 0.5 })
    expect(compared.models[1]).toMatchObject({ id: ids[1], metrics: { coverage80: 20 / 24, nrmse: 10 } })
    expect((await get(`/v1/models/${ids[0]}`)).newest).toMatchObject({ days: 1 })
  })

  it('gives a model’s file, and promotes none that is damaged', async () => {
    const response = await api.get(`/v1/models/${ids[2]}/file`, 'scientist')
    expect(response.headers.get('content-disposition')).toContain(`${ids[2]}.nadi`)
    expect(new Float64Array(await response.arrayBuffer())).toEqual(new Float64Array(168).fill(3))
    const { registry } = api.context.models ?? expect.fail()
    registry.content = () => new Uint8Array(3)
    const problem = await post(`/v1/models/${ids[2]}/promotion`, {}, 422)
    expect(problem.code).toBe('damaged-model')
  })

  it('says what is wrong with a question', async () => {
    expect((await get('/v1/models/000000000000', 404)).detail).toMatch(/nadi models list/)
    await get('/v1/models/nonsense', 400)
    await get('/v1/models?property=co2', 400)
    await post('/v1/trainings', { property: 'energy', buildings: ['nowhere'] }, 404)
    await using without = await openTestApi()
    expect((await without.get('/v1/models', 'scientist')).status).toBe(503)
  })
})

describe('/v1/trainings', () => {
  it('begins one and tells how far it is', async () => {
    const { id } = await post('/v1/trainings', { property: 'energy' }, 202)
    await until(async () => (await get(`/v1/trainings/${id}`)).state === 'done', { what: 'the training' })
    expect((await get(`/v1/trainings/${id}`)).models).toHaveLength(1)
    await get('/v1/trainings/00000000-0000-4000-8000-000000000000', 404)
  })
})
