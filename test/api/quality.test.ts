import { afterAll, beforeAll, expect, it } from 'vitest'
import { createQualityJob } from '../../analytics/quality/job.ts'
import { HOUR_MS, MINUTE_MS, NOW_MS, openTestApi, type TestApi } from './testApi.ts'

let api: TestApi
const stack = new AsyncDisposableStack()
const REGISTER = 'shared-office/energy'
const ZONE = 'shared-office/floor-2/zone-a/co2'
const PEOPLE = 'library/occupancy'

beforeAll(async () => {
  api = stack.use(await openTestApi())
  const { catalogue, observations, intake, quality, log } = api.context
  const now = () => api.clock.nowMs
  const job = stack.use(createQualityJob({ catalogue, observations, intake, quality, now, log }))
  await job.start()
  catalogue.datastreams.declare({ path: PEOPLE, intervalSeconds: 60 })
  const at = (datastream: string, ...values: number[]) =>
    values.map((value, i) => ({ datastream, timeMs: NOW_MS - HOUR_MS + i * MINUTE_MS, value }))
  await api.append(...at(REGISTER, 100, 101, 5), ...at(ZONE, 500, 60_000, 501), ...at(PEOPLE, 40, 65_535, 41))
  await api.append({ datastream: PEOPLE, timeMs: NOW_MS, value: 42 })
  api.clock.nowMs = NOW_MS + HOUR_MS
  await job.idle()
})
afterAll(() => stack.disposeAsync())

it('lists what is doubtful, newest first, with local times', async () => {
  const { items, next } = await api.json('/v1/quality', 'operator')
  expect(next).toBeNull()
  expect(items.map(({ datastream, kind }: Record<string, string>) => `${datastream} ${kind}`)).toEqual([
    `${PEOPLE} silence`,
    `${PEOPLE} silence`,
    `${REGISTER} counter-reset`,
    `${ZONE} impossible-jump`,
    `${PEOPLE} impossible-jump`,
  ])
  expect(items[2]).toEqual({
    datastream: REGISTER,
    kind: 'counter-reset',
    from: '2026-11-24T09:01:00+08:00',
    to: '2026-11-24T09:02:00+08:00',
    count: 1,
    detail: 'the register fell from 101 to 5 kWh',
  })
})

it('is asked by Thing, Datastream, kind, time and what lasts, and read page by page', async () => {
  const kinds = async (query: string) =>
    (await api.json(`/v1/quality?${query}`, 'operator')).items.map(({ kind }: { kind: string }) => kind)
  expect(await kinds('thing=shared-office')).toEqual(['counter-reset', 'impossible-jump'])
  expect(await kinds(`datastream=${REGISTER}`)).toEqual(['counter-reset'])
  expect(await kinds('kind=silence&open=true')).toEqual(['silence'])
  expect(await kinds('from=2026-11-24T09:30:00')).toEqual(['silence', 'silence'])
  expect(await kinds('to=2026-11-24T09:01:00')).toEqual(['impossible-jump', 'impossible-jump'])
  const seen: string[] = []
  for (let next: string | null = '/v1/quality?limit=1'; next !== null;) {
    const page: { items: { datastream: string; kind: string; from: string }[]; next: string | null } =
      await api.json(next, 'operator')
    seen.push(...page.items.map(({ datastream, kind, from }) => `${datastream} ${kind} ${from}`))
    next = page.next
  }
  expect(seen).toHaveLength(5)
  expect(new Set(seen).size).toBe(5)
  await api.json('/v1/quality?thing=nowhere', 'operator', 404)
  await api.json('/v1/quality?kind=odd', 'operator', 400)
})

it('tells a citizen nothing of what is hidden, and no figures of people', async () => {
  const text = await (await api.get('/v1/quality')).text()
  expect(text).not.toContain('zone-a')
  expect(text).not.toContain('65535')
  const { items } = JSON.parse(text)
  expect(items.filter(({ datastream }: { datastream: string }) => datastream === PEOPLE)).toHaveLength(3)
  for (const { datastream, detail } of items) expect(detail === null).toBe(datastream === PEOPLE)
  expect((await api.json('/v1/quality?thing=shared-office/floor-2')).items).toEqual([])
})

it('is audited where an exact count of people leaves in a sentence, and only there', async () => {
  const accesses = async (): Promise<number> => {
    const entries = api.context.catalogue.audit.list({ limit: 1000 })
    return entries.filter(({ action }) => action === 'access.quality').length
  }
  const before = await accesses()
  await api.json('/v1/quality')
  await api.json(`/v1/quality?datastream=${REGISTER}`, 'operator')
  expect(await accesses()).toBe(before)
  await api.json(`/v1/quality?datastream=${PEOPLE}`, 'operator')
  expect(await accesses()).toBe(before + 1)
})

it('stands beside each Datastream and each series', async () => {
  const { items } = await api.json('/v1/datastreams?thing=library')
  expect(items).toMatchObject([{ name: PEOPLE, quality: ['silence'] }])
  const series = await api.json(
    `/v1/series?datastream=${REGISTER}&from=2026-11-24T09:00:00&to=2026-11-24T09:02:00`,
  )
  expect(series.items).toHaveLength(2)
  expect(series.quality).toMatchObject([{ kind: 'counter-reset', datastream: REGISTER }])
  const before = await api.json(`/v1/series?datastream=${REGISTER}&from=2026-11-23&to=2026-11-24T09:00:00`)
  expect(before.quality).toEqual([])
  const hours = await api.json(`/v1/series?datastream=${REGISTER}&bucket=1h&from=2026-11-24&to=2026-11-25`)
  expect(hours.quality).toHaveLength(1)
})
