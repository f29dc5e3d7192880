import { readdir } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { createRouter } from '../../api/env.ts'
import { importRoutes } from '../../api/import/routes.ts'
import { principalMiddleware } from '../../api/auth.ts'
import { onError } from '../../api/problem.ts'
import { openTestApi } from '../api/testApi.ts'

/** The route alone behind the API's own login, with a real catalogue and store. */
const routeFixture = async () => {
  const api = await openTestApi()
  const app = createRouter()
  app.onError(onError(api.context.log))
  app.use(principalMiddleware(api.context))
  app.route('/', importRoutes(api.context))
  return {
    ...api,
    post: (query: string, body: string, role: 'administrator' | 'operator' | 'nobody' = 'administrator') =>
      app.request(`/v1/imports?${query}`, {
        method: 'POST',
        body,
        headers: role === 'nobody' ? {} : { authorization: `Bearer ${api.keys[role]}` },
      }),
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  }
}

const linesOf = async (response: Response): Promise<Record<string, unknown>[]> =>
  (await response.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

const CSV = 'time,Bldg 7\n2026-01-01 00:00,1\n2026-01-01 01:00,x\n'

it('streams progress and the result, and leaves no file behind', async () => {
  await using city = await routeFixture()
  const response = await city.post('filename=a.csv&building=estate&property=energy&timezone=UTC', CSV)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toContain('application/x-ndjson')
  const lines = await linesOf(response)
  expect(lines.slice(0, -1).every((line) => 'progress' in line)).toBe(true)
  expect(lines.at(-1)).toMatchObject({
    result: {
      read: 2,
      stored: 1,
      repeated: 0,
      rejected: [{ line: 3, series: 'estate/bldg-7/energy', reason: '"x" is not a number' }],
      created: ['estate'],
    },
  })
  expect((await readdir(city.context.scratchDir)).filter((name) => name.startsWith('import-'))).toEqual([])
})

it('takes a mapping as text or in base64url, and says where it is wrong', async () => {
  await using city = await routeFixture()
  const mapping = "time: {columns: [time]}\nvalues: [{datastream: 'm/{column}/power'}]\n"
  for (const given of [mapping, Buffer.from(mapping).toString('base64url')]) {
    const lines = await linesOf(await city.post(`mapping=${encodeURIComponent(given)}`, CSV))
    expect(lines.at(-1)).toMatchObject({ result: { read: 2, rejectedCount: 1 } })
  }
  const wrong = await city.post(
    `mapping=${encodeURIComponent('time: 3\nvalues: []\n')}&mappingname=my.yaml`,
    CSV,
  )
  expect(wrong.status).toBe(400)
  expect(await wrong.json()).toMatchObject({
    errors: [
      { pointer: 'my.yaml:1:1', detail: expect.stringContaining('time') },
      { pointer: 'my.yaml:2:1', detail: expect.stringContaining('values') },
    ],
  })
})

it('answers a file that holds no readings with the problem, after the body', async () => {
  await using city = await routeFixture()
  const lines = await linesOf(await city.post('filename=m.csv&building=e&property=energy', 'id,name\n1,x\n'))
  expect(lines.at(-1)).toMatchObject({
    error: { status: 400, code: 'invalid-input', detail: expect.stringContaining('m.csv holds no readings') },
  })
})

it('is for administrators, and refuses queries that say too little, too much or wrong', async () => {
  await using city = await routeFixture()
  expect((await city.post('building=e&property=energy', CSV, 'nobody')).status).toBe(401)
  expect((await city.post('building=e&property=energy', CSV, 'operator')).status).toBe(403)
  for (const query of [
    'building=e',
    'building=E%20x&property=energy',
    'building=e&property=energy&colour=red',
  ]) {
    expect((await city.post(query, CSV)).status, query).toBe(400)
  }
})
