import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { from, NOW_MS, openTestApi, readJson, type TestApi } from './testApi.ts'

let api: TestApi
beforeAll(async () => {
  api = await openTestApi()
})
afterAll(() => api[Symbol.asyncDispose]())

const report = { building: 'shared-office', category: 'cooling', text: 'The cooling is off' }
const send = (body: unknown, address = '203.0.113.1') =>
  api.app.request(
    '/v1/reports',
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    },
    from(address),
  )
const change = (id: number, body: object, role: 'operator' | 'scientist' | 'nobody' = 'operator') =>
  api.app.request(`/v1/reports/${id}`, {
    method: 'PATCH',
    headers: {
      'content-type': 'application/json',
      ...(role !== 'nobody' && { authorization: `Bearer ${api.keys[role]}` }),
    },
    body: JSON.stringify(body),
  })

describe('a report', () => {
  it('is followed by its private link from received to done', async () => {
    const made = await send({ ...report, zone: 'floor-2/zone-a' })
    expect(made.status).toBe(201)
    expect(made.headers.get('cache-control')).toBe('no-store')
    const { id, link } = await readJson(made)
    const address = link.replace('/reports/', '/v1/reports/status/')
    expect(await api.json(address)).toEqual({
      id,
      building: 'shared-office',
      zone: 'floor-2/zone-a',
      category: 'cooling',
      text: 'The cooling is off',
      status: 'received',
      outcome: {},
      createdAt: '2026-11-24T10:00:00+08:00',
      changedAt: '2026-11-24T10:00:00+08:00',
    })
    api.clock.nowMs = NOW_MS + 3_600_000
    const changed = await change(id, { status: 'done', outcome: { id: 'Sudah diperbaiki' } })
    expect(await readJson(changed)).toMatchObject({ status: 'done', changedAt: '2026-11-24T11:00:00+08:00' })
    const followed = await api.get(address)
    expect(followed.headers.get('cache-control')).toBe('private, no-store')
    expect(await readJson(followed)).toMatchObject({
      status: 'done',
      outcome: { id: 'Sudah diperbaiki' },
    })
    // Without a new outcome the one that was told stays.
    expect(await readJson(await change(id, { status: 'looking' }))).toMatchObject({
      outcome: { id: 'Sudah diperbaiki' },
    })
  })

  it('is found by no other link, and its text by no audit entry', async () => {
    expect((await api.get(`/v1/reports/status/${'A'.repeat(43)}`)).status).toBe(404)
    expect((await api.get('/v1/reports/status/1')).status).toBe(400)
    const entries = JSON.stringify(api.context.catalogue.audit.list({ limit: 1000 }))
    expect(entries).toContain('report.add')
    expect(entries).not.toMatch(/cooling is off|203\.0\.113/)
  })

  it('is read and answered by operators alone', async () => {
    expect((await api.get('/v1/reports')).status).toBe(401)
    expect((await api.get('/v1/reports', 'scientist')).status).toBe(403)
    expect((await change(1, { status: 'done' }, 'nobody')).status).toBe(401)
    expect((await change(1, { status: 'done' }, 'scientist')).status).toBe(403)
    expect((await change(999, { status: 'done' })).status).toBe(404)
    expect((await change(1, { status: 'won' })).status).toBe(400)
    expect((await change(1, { status: 'done', outcome: {} })).status).toBe(400)
  })

  it.each([
    [{ ...report, text: '' }, 400],
    [{ ...report, text: ' \n ' }, 400],
    // 1,001 characters of two bytes each.
    [{ ...report, text: 'é'.repeat(1001) }, 400],
    [{ ...report, text: 'a\u0000b' }, 400],
    [{ ...report, category: 'complaint' }, 400],
    [{ ...report, email: 'a@b.example' }, 400],
    [{ ...report, building: 'nowhere' }, 404],
    [{ ...report, text: 'é'.repeat(40_000) }, 413],
  ])('is refused when it is wrong', async (body, status) => {
    const answer = await send(body, '203.0.113.2')
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
  })

  it('may be sent so often from one address', async () => {
    for (let i = 0; i < 10; i += 1) expect((await send(report, '203.0.113.3')).status).toBe(201)
    const refused = await send(report, '203.0.113.3')
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  it('is listed page by page, by building and status', async () => {
    const all = []
    for (let url: string | null = '/v1/reports?limit=4'; url !== null;) {
      const page = await api.json(url, 'operator')
      all.push(...page.items)
      url = page.next
    }
    expect(all.map(({ id }) => id)).toEqual(all.map((_, i) => all.length - i))
    expect((await api.json('/v1/reports?status=looking', 'operator')).items).toHaveLength(1)
    expect((await api.json('/v1/reports?building=library', 'operator')).items).toEqual([])
  })

  it('keeps any text as it was written', async () => {
    let address = 0
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 300, unit: 'grapheme' }), async (text) => {
        const answer = await send({ ...report, text }, `198.51.100.${(address += 1)}`)
        const body = await readJson(answer)
        if (answer.status === 201) expect(body.text).toBe(text.trim())
        else expect(answer.status).toBe(400)
      }),
      { numRuns: 30 },
    )
  })
})
