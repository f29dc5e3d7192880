import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HOUR_MS, MINUTE_MS, NOW_MS, openTestApi, type TestApi } from './testApi.ts'

let api: TestApi
const midnightMs = NOW_MS - 10 * HOUR_MS

beforeAll(async () => {
  api = await openTestApi()
  const samples = Array.from({ length: 40 }, (_, i) => midnightMs + i * 15 * MINUTE_MS)
  await api.append(
    ...samples.map((timeMs, i) => ({ datastream: 'shared-office/energy', timeMs, value: 100 + i })),
    ...samples.map((timeMs, i) => ({ datastream: 'shared-office/occupancy', timeMs, value: i * 3 })),
    { datastream: 'shared-office/floor-2/zone-a/occupancy', timeMs: midnightMs, value: 12 },
    { datastream: 'shared-office/floor-2/zone-a/temperature', timeMs: midnightMs, value: 24 },
  )
  api.context.catalogue.datastreams.declare({
    path: 'cambridge/energy',
    timeZone: 'Europe/London',
    kind: 'interval',
  })
  await api.append(
    { datastream: 'cambridge/energy', timeMs: Date.UTC(2026, 2, 29, 0), value: 5 },
    { datastream: 'cambridge/energy', timeMs: Date.UTC(2026, 2, 29, 1), value: 6 },
  )
})
afterAll(() => api[Symbol.asyncDispose]())

const ENERGY = '/v1/series?datastream=shared-office/energy'

describe('/v1/series raw', () => {
  it('gives samples ascending with local offsets, unit and zone', async () => {
    const answer = await api.json(`${ENERGY}&from=2026-11-24T00:00:00%2B08:00&to=2026-11-24T00:30:00%2B08:00`)
    expect(answer).toMatchObject({
      datastream: 'shared-office/energy',
      unit: 'kWh',
      timezone: 'Asia/Makassar',
      bucket: 'raw',
      demonstration: true,
      notice: 'data demonstrasi',
      next: null,
      items: [
        { time: '2026-11-24T00:00:00+08:00', value: 100 },
        { time: '2026-11-24T00:15:00+08:00', value: 101 },
      ],
    })
  })

  it.each([
    ['a local date', '2026-11-24', '2026-11-25', 40],
    ['UTC', '2026-11-23T16:00:00Z', '2026-11-23T17:00:00Z', 4],
    ['a local time', '2026-11-24T01:00', '2026-11-24T02:00', 4],
    ['a plus sign that was not escaped', '2026-11-24T01:00:00+08:00', '2026-11-24T02:00:00+08:00', 4],
  ])('understands %s', async (_, from, to, count) => {
    const { items } = await api.json(`${ENERGY}&from=${from}&to=${to}`)
    expect(items).toHaveLength(count)
  })

  it('gives the last day when no range is asked, what is stamped a little ahead included', async () => {
    await api.append({ datastream: 'library/co2', timeMs: NOW_MS + 5 * MINUTE_MS, value: 700 })
    const { items } = await api.json('/v1/series?datastream=library/co2')
    expect(items).toEqual([{ time: '2026-11-24T10:05:00+08:00', value: 700 }])
  })

  it('pages by next, giving every sample once', async () => {
    const seen = []
    for (let url: string | null = `${ENERGY}&from=2026-11-24&to=2026-11-25&limit=7`; url;) {
      const page = await api.json(url)
      seen.push(...page.items.map(({ value }: { value: number }) => value))
      url = page.next
    }
    expect(seen).toEqual(Array.from({ length: 40 }, (_, i) => 100 + i))
  })

  it('keeps milliseconds', async () => {
    await api.append({ datastream: 'library/power', timeMs: NOW_MS - 1_001, value: 5 })
    const { items } = await api.json('/v1/series?datastream=library/power')
    expect(items[0].time).toBe('2026-11-24T09:59:58.999+08:00')
  })
})

describe('/v1/series by buckets', () => {
  it('gives a counter’s consumption by local hours', async () => {
    const { items } = await api.json(`${ENERGY}&from=2026-11-24T01:00&to=2026-11-24T03:00&bucket=1h`)
    expect(items).toHaveLength(2)
    expect(items[0]).toMatchObject({
      start: '2026-11-24T01:00:00+08:00',
      end: '2026-11-24T02:00:00+08:00',
      sum: 4,
      count: 4,
    })
  })

  it('uses the zone of the data: a spring day in London has 23 hours', async () => {
    const { items, timezone } = await api.json(
      '/v1/series?datastream=cambridge/energy&from=2026-03-29&to=2026-03-30&bucket=1d',
    )
    expect(timezone).toBe('Europe/London')
    expect(items).toHaveLength(1)
    expect(items[0]).toMatchObject({
      start: '2026-03-29T00:00:00+00:00',
      end: '2026-03-30T00:00:00+01:00',
      sum: 11,
    })
  })

  it('pages by next along the same edges', async () => {
    const whole = await api.json(`${ENERGY}&from=2026-11-24T00:20&to=2026-11-24T09:50&bucket=1h`)
    const seen = []
    for (
      let url: string | null = `${ENERGY}&from=2026-11-24T00:20&to=2026-11-24T09:50&bucket=1h&limit=3`;
      url;
    ) {
      const page = await api.json(url)
      expect(page.items.length).toBeLessThanOrEqual(3)
      seen.push(...page.items)
      url = page.next
    }
    expect(seen).toEqual(whole.items)
  })

  describe('over a long range', () => {
    const DAY_MS = 24 * HOUR_MS
    const KATHMANDU = '/v1/series?datastream=kathmandu/energy'
    beforeAll(() => {
      api.context.catalogue.datastreams.declare({ path: 'kathmandu/energy', timeZone: 'Asia/Kathmandu' })
    })
    const spanMs = ({ items }: { items: { start: string; end: string }[] }) =>
      Date.parse(items.at(-1)?.end ?? '') - Date.parse(items[0]?.start ?? '')

    it.each([
      ['288m', ENERGY],
      ['90m', ENERGY],
      ['5m', ENERGY],
      ['1d', KATHMANDU],
    ])('end a page of %s, read from the samples, after 31 days', async (bucket, url) => {
      const page = await api.json(
        `${url}&from=2026-05-01T00:00Z&to=2026-06-15T00:00Z&limit=20000&bucket=${bucket}`,
      )
      expect(spanMs(page)).toBeLessThanOrEqual(31 * DAY_MS)
      expect(spanMs(page)).toBeGreaterThan(29 * DAY_MS)
      const rest = await api.json(page.next)
      expect(rest.items[0].start).toBe(page.items.at(-1).end)
      expect(spanMs(page) + spanMs(rest)).toBe(45 * DAY_MS)
      expect(rest.next).toBeNull()
    })

    it.each([
      ['1h', ENERGY],
      ['1d', ENERGY],
    ])('do not end a page of whole hours early: %s', async (bucket, url) => {
      const page = await api.json(`${url}&from=2026-05-01T00:00Z&to=2026-10-28T00:00Z&bucket=${bucket}`)
      expect(spanMs(page)).toBe(180 * DAY_MS)
      expect(page.next).toBeNull()
    })

    it('give one bucket at least, however wide', async () => {
      const page = await api.json(`${KATHMANDU}&from=2026-05-01&to=2026-10-28&bucket=100d`)
      const rest = await api.json(page.next)
      expect(page.items).toHaveLength(1)
      expect(rest.items[0].start).toBe(page.items[0].end)
    })
  })

  it('says of an empty bucket that nothing was measured, not zero', async () => {
    const { items } = await api.json(`${ENERGY}&from=2026-11-20&to=2026-11-21&bucket=1d`)
    expect(items[0]).toMatchObject({ count: 0, mean: null, measured: 0 })
  })
})

describe('/v1/series and people', () => {
  it('gives citizens levels and tens, and no sum', async () => {
    const raw = await api.json('/v1/series?datastream=shared-office/occupancy&from=2026-11-24&to=2026-11-25')
    for (const { value } of raw.items) expect(value === null || (value >= 10 && value % 10 === 0)).toBe(true)
    const hours = await api.json(
      '/v1/series?datastream=shared-office/occupancy&from=2026-11-24&to=2026-11-25&bucket=1h',
    )
    for (const { mean, min, max, last, sum } of hours.items) {
      expect(sum).toBeNull()
      for (const value of [mean, min, max, last])
        expect(value === null || (value >= 10 && value % 10 === 0)).toBe(true)
    }
  })

  it('gives operators exact counts', async () => {
    const { items } = await api.json(
      '/v1/series?datastream=shared-office/occupancy&from=2026-11-24&to=2026-11-25',
      'operator',
    )
    expect(items[1].value).toBe(3)
  })

  it('keeps what a zone reveals from everybody without a role, whether it exists or not', async () => {
    for (const path of ['floor-2/zone-a/occupancy', 'floor-9/zone-z/occupancy', 'floor-2/zone-a/co2']) {
      const url = `/v1/series?datastream=shared-office/${path}`
      expect((await api.get(url)).status).toBe(401)
      expect((await api.get(url, 'citizen')).status).toBe(403)
      expect((await api.get(url, 'agency:health')).status).toBe(403)
    }
    expect((await api.get('/v1/series?datastream=shared-office/floor-2/zone-a/temperature')).status).toBe(200)
  })
})

describe('/v1/series refuses', () => {
  it.each([
    ['no datastream', '/v1/series', 'datastream'],
    ['a name that is none', '/v1/series?datastream=Shared%20Office/x', 'datastream'],
    ['a building', '/v1/series?datastream=shared-office', 'datastream'],
    ['a wrong time', `${ENERGY}&from=yesterday`, 'from'],
    ['a day that no calendar has', `${ENERGY}&from=2026-02-30`, 'from'],
    ['a year far off', `${ENERGY}&to=9999-01-01`, 'to'],
    ['a range turned round', `${ENERGY}&from=2026-11-24&to=2026-11-23`, 'to'],
    ['a bucket that is none', `${ENERGY}&bucket=1y`, 'bucket'],
    ['a bucket that divides no day', `${ENERGY}&bucket=7m`, 'bucket'],
    ['a limit beyond reason', `${ENERGY}&limit=1000000`, 'limit'],
    ['a limit that is no number', `${ENERGY}&limit=ten`, 'limit'],
    ['an unknown field', `${ENERGY}&form=2026-11-24`, 'form'],
    ['a field given twice', `${ENERGY}&bucket=1h&bucket=1d`, 'bucket'],
  ])('%s, pointing at the field', async (_, url, field) => {
    const problem = await api.json(url, undefined, 400)
    expect(problem).toMatchObject({ status: 400, code: 'invalid-input' })
    expect(problem.errors).toEqual(
      expect.arrayContaining([expect.objectContaining({ pointer: `/${field}` })]),
    )
  })

  it('every wrong field, each once', async () => {
    const wrong = 'from=yesterday&to=9999-01-01&bucket=1y&limit=0&form=x'
    for (const url of [`${ENERGY}&${wrong}`, `/v1/export?datastreams=shared-office&${wrong}`]) {
      // oxlint-disable-next-line no-await-in-loop -- one question after the other
      const { errors } = await api.json(url, 'operator', 400)
      const pointers = errors.map(({ pointer }: { pointer: string }) => pointer).toSorted()
      expect(pointers).toEqual(expect.arrayContaining(['/bucket', '/form', '/from', '/to']))
      expect(new Set(pointers).size).toBe(pointers.length)
    }
  })

  it('more buckets than one answer may hold, saying what to do', async () => {
    const problem = await api.json(`${ENERGY}&from=1970-01-01&to=2026-01-01&bucket=1m`, undefined, 400)
    expect(problem.detail).toMatch(/shorter range or a wider bucket/)
  })

  it('a Datastream that there is not', async () => {
    expect(await api.json('/v1/series?datastream=library/energy', undefined, 404)).toMatchObject({
      code: 'not-found',
    })
  })
})
