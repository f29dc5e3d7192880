import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { VOTE_PERIODS, votePeriodOf } from '../../city/votes.ts'
import { from, HOUR_MS, NOW_MS, openTestApi, readJson, type TestApi } from './testApi.ts'

let api: TestApi
beforeAll(async () => {
  api = await openTestApi()
})
afterAll(() => api[Symbol.asyncDispose]())

const DAY_MS = 24 * HOUR_MS
const vote = (body: unknown, address = '203.0.113.1', headers: Record<string, string> = {}) =>
  api.app.request(
    '/v1/votes',
    {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    },
    from(address),
  )

/** So many votes, kept without the door. */
const counted = (
  building: string,
  zone: string,
  choice: 'cold' | 'fine' | 'warm',
  times: number,
  ms = NOW_MS,
) => {
  for (let i = 0; i < times; i += 1) api.context.catalogue.votes.add(building, zone, choice, ms)
}

describe('a vote', () => {
  it('is counted for a building or a part of it, without a login', async () => {
    const answer = await vote({ building: 'shared-office', zone: 'floor-2/zone-a', choice: 'warm' })
    expect(answer.status).toBe(201)
    expect(await readJson(answer)).toEqual({
      building: 'shared-office',
      zone: 'floor-2/zone-a',
      choice: 'warm',
    })
    expect((await vote({ building: 'shared-office', choice: 'cold' })).status).toBe(201)
    const range = { fromMs: NOW_MS - HOUR_MS, toMs: NOW_MS + HOUR_MS }
    expect(api.context.catalogue.votes.list('shared-office', range)).toEqual([
      { zone: '', hourMs: NOW_MS, choice: 'cold', votes: 1 },
      { zone: 'floor-2/zone-a', hourMs: NOW_MS, choice: 'warm', votes: 1 },
    ])
  })

  it.each([
    [{ building: 'shared-office', choice: 'hot' }, 400],
    [{ building: 'shared-office' }, 400],
    [{ building: 'shared-office', choice: 'warm', name: 'Budi' }, 400],
    [{ building: 'shared-office', choice: 'warm', zone: '../x' }, 400],
    [{ building: 'nowhere', choice: 'warm' }, 404],
    [{ building: 'shared-office', choice: 'warm', zone: 'floor-9' }, 404],
    ['{', 400],
    [JSON.stringify({ building: 'x'.repeat(70_000) }), 413],
  ])('is refused when it is wrong: %j', async (body, status) => {
    const answer = await vote(body, '203.0.113.2')
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
  })

  it('is JSON, so that no form of another site can give one', async () => {
    const body = JSON.stringify({ building: 'library', choice: 'warm' })
    expect((await vote(body, '203.0.113.2', { 'content-type': 'application/xml' })).status).toBe(415)
    expect((await vote(body, '203.0.113.2', { 'content-type': 'text/plain' })).status).toBe(403)
  })

  it('may be given so often from one address, which nothing keeps', async () => {
    const address = '203.0.113.77'
    const statuses = new Set<number>()
    for (let i = 0; i < 60; i += 1) {
      statuses.add((await vote({ building: 'library', choice: 'fine' }, address)).status)
    }
    expect([...statuses]).toEqual([201])
    const refused = await vote({ building: 'library', choice: 'fine' }, address)
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await readJson(refused)).code).toBe('rate-limited')
    expect((await vote({ building: 'library', choice: 'fine' }, '203.0.113.78')).status).toBe(201)
    const kept = JSON.stringify([
      api.context.catalogue.votes.list('library', { fromMs: 0, toMs: NOW_MS * 2 }),
      api.context.catalogue.audit.list({ limit: 1000 }),
    ])
    expect(kept).not.toContain('203.0.113')
  })
})

describe('the votes of a building', () => {
  it('are told once their week is over, rounded, and under ten not at all, by part too', async () => {
    api.clock.nowMs = NOW_MS + 40 * DAY_MS
    const ms = api.clock.nowMs
    counted('shared-office', '', 'fine', 24, ms)
    counted('shared-office', 'floor-2/zone-a', 'fine', 9, ms)
    counted('shared-office', 'floor-2/zone-a', 'warm', 13, ms)
    counted('shared-office', 'floor-2/zone-a', 'cold', 5, ms)
    const running = await api.json('/v1/votes?building=shared-office&date=2027-01-03')
    expect(running).toMatchObject({ votes: null, fine: null, warm: null, cold: null })
    api.clock.nowMs = ms + 7 * DAY_MS
    const told = await api.json('/v1/votes?building=shared-office')
    expect(told).toMatchObject({ votes: 30, fine: 20, warm: 10, cold: null, minimum: 10, period: 'week' })
    expect(told.zones).toEqual([{ zone: 'floor-2/zone-a', votes: 10, fine: null, warm: 10, cold: null }])
    expect(told.from).toBe('2026-12-28T00:00:00+08:00')
    expect(told.to).toBe('2027-01-04T00:00:00+08:00')
    const month = await api.json('/v1/votes?building=shared-office&period=month')
    expect(month).toMatchObject({ votes: 30, to: told.to })
  })

  it('are told exactly to an operator, which is audited', async () => {
    const told = await api.json('/v1/votes?building=shared-office', 'operator')
    expect(told).toMatchObject({ votes: 51, fine: 33, warm: 13, cold: 5 })
    expect(api.context.catalogue.audit.list({ action: 'access.votes' })).toMatchObject([
      { subject: 'shared-office', actor: { kind: 'key' } },
    ])
  })

  it('are those of whole local weeks, or months of them, alone', async () => {
    const asked = async (query: string) => api.json(`/v1/votes?building=library&${query}`)
    expect((await asked('period=week&date=2026-11-24')).from).toBe('2026-11-23T00:00:00+08:00')
    expect((await asked('period=month&date=2026-12-01')).from).toBe('2026-11-02T00:00:00+08:00')
    expect((await asked('period=month&date=2026-12-01')).to).toBe('2026-12-07T00:00:00+08:00')
    for (const wrong of [
      'date=2026-11-31',
      'date=yesterday',
      'date=2026-11-24T10:00',
      'from=2026-11-24',
      'period=1h',
      'period=day',
    ])
      expect((await api.get(`/v1/votes?building=library&${wrong}`)).status, wrong).toBe(400)
    expect((await api.get('/v1/votes?building=nowhere')).status).toBe(404)
  })

  it('belong to exactly one week and month, where clocks change too', () => {
    const days = fc.integer({ min: 0, max: 3000 })
    fc.assert(
      fc.property(days, fc.constantFrom(...VOTE_PERIODS), (offset, period) => {
        const zone = 'Europe/London'
        const date = Temporal.PlainDate.from('2024-01-01').add({ days: offset })
        const { fromMs, toMs } = votePeriodOf(date, period, zone)
        const noon = date.toZonedDateTime({ timeZone: zone, plainTime: '12:00' }).epochMilliseconds
        expect(fromMs <= noon && noon < toMs).toBe(true)
        const [first, next] = [fromMs, toMs].map((timeMs) =>
          Temporal.Instant.fromEpochMilliseconds(timeMs).toZonedDateTimeISO(zone).toPlainDate(),
        )
        expect(next && votePeriodOf(next, period, zone).fromMs).toBe(toMs)
        expect(first?.dayOfWeek).toBe(1)
      }),
      { numRuns: 50 },
    )
  })
})

describe('what votes changed', () => {
  const add = (body: object, role: 'operator' | 'scientist' | 'nobody' = 'operator') =>
    api.app.request('/v1/votes/changes', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(role !== 'nobody' && { authorization: `Bearer ${api.keys[role]}` }),
      },
      body: JSON.stringify(body),
    })
  const change = { building: 'shared-office', date: '2026-11-23', text: { id: 'Setelan AC naik' } }

  it('is told by operators and read by everybody, the newest day first', async () => {
    expect((await add(change)).status).toBe(201)
    const other = { ...change, zone: 'floor-2/zone-a', date: '2026-11-25', text: { id: 'a', en: 'b' } }
    expect((await add(other)).status).toBe(201)
    expect((await add({ ...change, building: 'library' })).status).toBe(201)
    const { items } = await api.json('/v1/votes/changes?building=shared-office')
    expect(items).toMatchObject([
      { date: '2026-11-25', zone: 'floor-2/zone-a', text: { id: 'a', en: 'b' } },
      { date: '2026-11-23', zone: null, text: { id: 'Setelan AC naik' } },
    ])
    expect(JSON.stringify(items)).not.toContain('key:')
  })

  it.each([
    [{ ...change, text: {} }, 400],
    [{ ...change, text: { id: ' ' } }, 400],
    [{ ...change, text: { fr: 'x' } }, 400],
    [{ ...change, date: '2026-02-30' }, 400],
    [{ ...change, zone: 'floor-9' }, 404],
  ])('is refused when it is wrong: %j', async (body, status) => {
    expect((await add(body)).status).toBe(status)
  })

  it('is for operators to tell', async () => {
    expect((await add(change, 'nobody')).status).toBe(401)
    expect((await add(change, 'scientist')).status).toBe(403)
  })
})
