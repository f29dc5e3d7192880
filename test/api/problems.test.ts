import { readFile } from 'node:fs/promises'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { from, NOW_MS, openTestApi, type TestApi } from './testApi.ts'

let api: TestApi
beforeAll(async () => {
  api = await openTestApi({ clientRate: { requests: 1_000_000, perSeconds: 1 } })
  await api.append({ datastream: 'shared-office/energy', timeMs: NOW_MS - 1000, value: 1 })
})
afterAll(() => api[Symbol.asyncDispose]())

const operator = () => ({ authorization: `Bearer ${api.keys.operator}` })
const json = { 'content-type': 'application/json' }

const expectProblem = async (response: Response, status: number, code: string) => {
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const problem = await response.json()
  expect(problem).toMatchObject({ status, code, type: `/docs/problems#${code}` })
  expect(JSON.stringify(problem)).not.toMatch(/at .*\.ts:\d|node_modules/)
  return problem
}

describe('a problem', () => {
  it('is told for an address that there is not', async () => {
    await expectProblem(await api.get('/v1/nothing'), 404, 'not-found')
    await expectProblem(await api.get('/nothing/at/all'), 404, 'not-found')
  })

  it('names the methods that an address does answer', async () => {
    const response = await api.app.request('/v1/buildings', { method: 'DELETE', headers: operator() })
    expect(response.headers.get('allow')).toBe('GET, HEAD')
    await expectProblem(response, 405, 'method-not-allowed')
  })

  it('is told for a body over 64 KB, counted in bytes', async () => {
    // 40,000 characters of two bytes each.
    const body = JSON.stringify({ about: 'shared-office', message: 'é'.repeat(40_000) })
    const response = await api.app.request('/v1/notices', {
      method: 'POST',
      headers: { ...operator(), ...json },
      body,
    })
    await expectProblem(response, 413, 'too-large')
  })

  it('is told for a body over 64 KB that does not say how long it is', async () => {
    const chunk = new TextEncoder().encode('x'.repeat(10_000))
    let chunks = 0
    const body = new ReadableStream({
      pull: (controller) => (chunks++ < 20 ? controller.enqueue(chunk) : controller.close()),
    })
    const response = await api.app.request(
      new Request('http://localhost/v1/notices', {
        method: 'POST',
        headers: { ...operator(), ...json },
        body,
        duplex: 'half',
      }),
    )
    await expectProblem(response, 413, 'too-large')
    expect(chunks).toBeLessThan(12)
  })

  it.each([
    ['text/plain', '{"about":"shared-office","message":"x"}'],
    ['application/xml', '<notice/>'],
    ['application/x-www-form-urlencoded', 'about=shared-office&message=x'],
  ])('is told for a body of type %s where JSON is read', async (type, body) => {
    const response = await api.app.request('/v1/notices', {
      method: 'POST',
      headers: { ...operator(), 'content-type': type },
      body,
    })
    await expectProblem(response, 415, 'unsupported-media-type')
  })

  it.each([
    ['cut JSON', '{"about": "shared-of'],
    ['no JSON', 'hello'],
    ['deeply nested JSON', `{"about":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
  ])('is told for %s', async (_, body) => {
    const response = await api.app.request('/v1/notices', {
      method: 'POST',
      headers: { ...operator(), ...json },
      body,
    })
    await expectProblem(response, 400, 'invalid-input')
  })

  it('looks as the reference shows it', async () => {
    const reference = await readFile(path.resolve(import.meta.dirname, '../../docs/reference.md'), 'utf8')
    const example = /\*\*Errors\*\*[^`]*`[^`]*`[^`]*```json\n(.*?)```/s.exec(reference)?.[1] ?? ''
    const asked = '/v1/series?datastream=shared-office/energy&bucket=1y'
    expect(await api.json(asked, undefined, 400)).toEqual(JSON.parse(example))
  })

  it('is told without any cause when the fault is ours', async () => {
    await using broken = await openTestApi({
      now: () => {
        throw new Error('the secret cause at /home/nadi/api/x.ts:1')
      },
    })
    const response = await broken.get('/v1/series?datastream=shared-office/energy')
    // Without data there is nothing to be found, which comes before the clock is read.
    await expectProblem(response, 404, 'not-found')
    await broken.append({ datastream: 'shared-office/energy', timeMs: NOW_MS, value: 1 })
    const problem = await expectProblem(
      await broken.get('/v1/series?datastream=shared-office/energy'),
      500,
      'internal',
    )
    expect(JSON.stringify(problem)).not.toContain('secret')
  })
})

describe('every answer', () => {
  it('carries strict headers and lets no page be framed or load from elsewhere', async () => {
    for (const url of ['/v1/buildings', '/docs', '/login', '/nothing']) {
      const { headers } = await api.get(url)
      const policy = headers.get('content-security-policy') ?? ''
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toMatch(/unsafe|https?:|\*/)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-powered-by')).toBeNull()
    }
  })

  it('may be read by other sites’ pages when it is open data, without cookies', async () => {
    const { headers } = await api.app.request('/v1/buildings', {
      headers: { origin: 'https://elsewhere.example' },
    })
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-allow-credentials')).toBeNull()
    const preflight = await api.app.request('/v1/notices', {
      method: 'OPTIONS',
      headers: { origin: 'https://elsewhere.example', 'access-control-request-method': 'POST' },
    })
    expect(preflight.headers.get('access-control-allow-methods') ?? '').not.toContain('POST')
  })

  it('has an ETag that saves sending it again', async () => {
    const url = '/v1/series?datastream=shared-office/energy&from=2026-11-24&to=2026-11-25'
    const first = await api.get(url)
    const tag = first.headers.get('etag') ?? ''
    expect(tag).not.toBe('')
    expect(first.headers.get('cache-control')).toBe('public, no-cache')
    const again = await api.app.request(url, { headers: { 'if-none-match': tag } })
    expect(again.status).toBe(304)
    const own = await api.get(url, 'operator')
    expect(own.headers.get('cache-control')).toBe('private, no-cache')
    expect(own.headers.get('vary')).toContain('Authorization')
  })

  it('is compressed for who can read it', async () => {
    const plain = await (await api.get('/openapi.json')).text()
    const response = await api.app.request('/openapi.json', { headers: { 'accept-encoding': 'gzip' } })
    expect(response.headers.get('content-encoding')).toBe('gzip')
    const stream = response.body?.pipeThrough(new DecompressionStream('gzip'))
    expect(await new Response(stream).text()).toBe(plain)
  })
})

describe('a client that asks too much', () => {
  it('is told to wait, while a key goes on', async () => {
    await using limited = await openTestApi({ clientRate: { requests: 3, perSeconds: 60 } })
    for (let i = 0; i < 3; i += 1) expect((await limited.get('/healthz')).status).toBe(200)
    const refused = await limited.get('/healthz')
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    await expectProblem(refused, 429, 'rate-limited')
    expect((await limited.get('/healthz', 'scientist')).status).toBe(200)
  })
})

describe('clients', () => {
  it('have an allowance each, until there are too many to tell apart: the rest share one', async () => {
    await using limited = await openTestApi({ clientRate: { requests: 1, perSeconds: 60, clients: 2 } })
    const ask = async (address: string) => (await limited.app.request('/healthz', {}, from(address))).status
    expect([await ask('192.0.2.1'), await ask('192.0.2.2')]).toEqual([200, 200])
    expect([await ask('192.0.2.1'), await ask('192.0.2.2')]).toEqual([429, 429])
    expect([await ask('192.0.2.3'), await ask('192.0.2.4')]).toEqual([200, 429])
  })
})

describe('whatever is asked', () => {
  const word = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(
      'shared-office/energy',
      'raw',
      '1h',
      '2026-11-24',
      'energy',
      'id',
      '-1',
      '1e9',
      '%00',
      "' OR 1=1",
    ),
  )
  const field = fc.oneof(
    fc.constantFrom(
      'datastream',
      'from',
      'to',
      'bucket',
      'limit',
      'thing',
      'after',
      'property',
      'lang',
      'before',
    ),
    fc.string({ maxLength: 20 }),
  )
  const path = fc.constantFrom(
    '/v1/series',
    '/v1/buildings',
    '/v1/buildings/shared-office',
    '/v1/buildings/shared-office/now',
    '/v1/buildings/shared-office/forecasts',
    '/v1/datastreams',
    '/v1/notices',
    '/login',
    '/docs/assets/x',
  )

  it('in a query gets an answer of its own making, never 500', async () => {
    await fc.assert(
      fc.asyncProperty(path, fc.array(fc.tuple(field, word), { maxLength: 5 }), async (at, fields) => {
        const query = new URLSearchParams(fields.map(([name, value]) => [name, value.toWellFormed()]))
        const response = await api.get(`${at}?${query.toString()}`, 'operator')
        expect(response.status).toBeLessThan(500)
        await response.body?.cancel()
      }),
      { numRuns: 400 },
    )
  })

  it('as a raw query or path gets one too', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 60 }), fc.string({ maxLength: 60 }), async (segment, query) => {
        const url = `http://localhost/v1/buildings/${encodeURIComponent(segment.toWellFormed())}?${query.replace(/[#\s]/g, '')}`
        const response = await api.app.request(new Request(url))
        expect(response.status).toBeLessThan(500)
        await response.body?.cancel()
      }),
      { numRuns: 200 },
    )
  })

  it('in a body gets 201 or 400', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string()), async (body) => {
        const response = await api.app.request('/v1/notices', {
          method: 'POST',
          headers: { ...operator(), ...json },
          body,
        })
        expect([201, 400]).toContain(response.status)
      }),
      { numRuns: 200 },
    )
  })
})
