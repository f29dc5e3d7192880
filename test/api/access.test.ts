import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NOW_MS, openTestApi, readJson, ROLES, type TestApi } from './testApi.ts'
import { testModels } from './testModels.ts'

const stack = new AsyncDisposableStack()
let api: TestApi
beforeAll(async () => {
  api = await openTestApi({ models: testModels(stack) })
  stack.use(api)
  api.context.catalogue.devices.add('edge', 'shared-office')
  await api.append(
    { datastream: 'shared-office/occupancy', timeMs: NOW_MS - 1000, value: 123 },
    { datastream: 'shared-office/presence', timeMs: NOW_MS - 1000, value: 1 },
    { datastream: 'shared-office/floor-2/zone-a/occupancy', timeMs: NOW_MS - 1000, value: 13 },
    { datastream: 'shared-office/floor-2/zone-a/headcount', timeMs: NOW_MS - 1000, value: 13, unit: '1' },
    { datastream: 'shared-office/floor-2/zone-a/power', timeMs: NOW_MS - 1000, value: 900 },
  )
})
afterAll(() => stack.disposeAsync())

const open = [200, 200, 200, 200, 200, 200]
const operators = [401, 403, 200, 403, 200, 403]
const administrators = [401, 403, 403, 403, 200, 403]
const scientists = [401, 403, 403, 200, 200, 403]
const series = (path: string) => `/v1/series?datastream=shared-office/${path}`

/** Status for nobody and for each of `ROLES` in their order: citizen, operator, scientist, administrator, agency. */
const EXPECTED: readonly (readonly [url: string, statuses: readonly number[]])[] = [
  ['/v1/buildings', open],
  ['/v1/buildings/shared-office', open],
  ['/v1/buildings/shared-office/now', open],
  ['/v1/datastreams', open],
  ['/v1/datastreams?thing=shared-office/floor-2', open],
  [series('occupancy'), open],
  [series('presence'), [401, 403, 200, 403, 200, 403]],
  [series('floor-2/zone-a/power'), [401, 403, 200, 200, 200, 403]],
  [series('floor-2/zone-a/occupancy'), [401, 403, 200, 403, 200, 403]],
  [series('floor-2/zone-a/headcount'), [401, 403, 200, 403, 200, 403]],
  ['/v1/notices', operators],
  ['/v1/models', scientists],
  ['/v1/devices', administrators],
  ['/v1/certificates', administrators],
  ['/v1/devices/edge/check', operators],
  ['/v1/quality', open],
  ['/v1/labels', [401, 403, 200, 200, 200, 403]],
  ['/v1/export?datastreams=shared-office', [401, 403, 200, 200, 200, 403]],
  ['/v1/export?datastreams=*/presence', [401, 403, 200, 403, 200, 403]],
  ['/v1/users', administrators],
  ['/v1/keys', administrators],
  ['/healthz', open],
  ['/readyz', open],
  ['/metrics', open],
  ['/openapi.json', open],
  ['/docs', open],
  ['/login', open],
]

describe('each route and role', () => {
  it.each(EXPECTED)('%s', async (url, statuses) => {
    const answers = [await api.get(url)]
    for (const role of ROLES) answers.push(await api.get(url, role))
    expect(answers.map(({ status }) => status)).toEqual(statuses)
    for (const answer of answers) {
      if (answer.status < 400) continue
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
      const problem = await readJson(answer)
      expect(problem).toMatchObject({
        status: answer.status,
        title: expect.any(String),
        type: expect.any(String),
      })
      expect(problem.detail.length).toBeGreaterThan(10)
    }
  })
})

describe('a key', () => {
  it.each([
    ['unknown', 'Bearer nadi_nobody_secret'],
    ['of another scheme', 'Basic YTpi'],
    ['empty', 'Bearer '],
  ])('that is %s is refused with 401, never treated as a citizen', async (_, authorization) => {
    const response = await api.app.request('/v1/buildings', { headers: { authorization } })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toContain('Bearer')
    expect((await readJson(response)).code).toBe('unauthenticated')
  })

  it('no longer works once it is revoked', async () => {
    const { id, key } = api.context.catalogue.keys.add('operator', 'short-lived')
    const ask = () => api.app.request('/v1/notices', { headers: { authorization: `Bearer ${key}` } })
    expect((await ask()).status).toBe(200)
    api.context.catalogue.keys.revoke(id)
    expect((await ask()).status).toBe(401)
  })
})

describe('notices', () => {
  const post = (role: (typeof ROLES)[number] | undefined, body: unknown) =>
    api.app.request('/v1/notices', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(role && { authorization: `Bearer ${api.keys[role]}` }),
      },
      body: JSON.stringify(body),
    })

  it('are told by an operator’s key and read newest first', async () => {
    const about = 'shared-office/floor-2/zone-a/co2'
    for (const message of ['first', 'second', 'third']) {
      const response = await post('operator', { severity: 'alarm', about, message })
      expect(response.status).toBe(201)
    }
    const page = await api.json('/v1/notices?limit=2', 'operator')
    expect(page.items.map(({ message }: { message: string }) => message)).toEqual(['third', 'second'])
    expect(page.items[0]).toMatchObject({
      about,
      severity: 'alarm',
      createdAt: '2026-11-24T10:00:00+08:00',
      source: expect.stringMatching(/^key:/),
    })
    const rest = await api.json(page.next, 'operator')
    expect(rest.items.map(({ message }: { message: string }) => message)).toEqual(['first'])
    expect(rest.next).toBeNull()
  })

  it('are refused from everybody else', async () => {
    const notice = { about: 'shared-office', message: 'x' }
    expect((await post(undefined, notice)).status).toBe(401)
    expect((await post('citizen', notice)).status).toBe(403)
    expect((await post('scientist', notice)).status).toBe(403)
  })

  it.each([
    [{ about: 'shared-office', message: '' }, '/message'],
    [{ about: 'Shared Office', message: 'x' }, '/about'],
    [{ about: 'shared-office', message: 'x', severity: 'fatal' }, '/severity'],
    [{ about: 'shared-office', message: 'x', id: 7 }, '/id'],
    [{ message: 'x' }, '/about'],
    [[], ''],
  ])('%j is refused, pointing at %s', async (body, pointer) => {
    const response = await post('operator', body)
    expect(response.status).toBe(400)
    const { errors } = await readJson(response)
    expect(errors).toEqual([expect.objectContaining({ pointer })])
  })
})
