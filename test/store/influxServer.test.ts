import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createInfluxStore } from '../../store/influx/influxStore.ts'
import { refusedReasons } from '../../store/pointsRefused.ts'
import { freeze } from '../support/freeze.ts'
import { startInflux, type InfluxServer } from '../support/influx.ts'
import { until } from '../support/until.ts'

/** What a real server does with what it is given: refusals, series, logins, being away. */
const log = pino({ level: 'silent' })
const NOW_MS = Date.now()
const DAY_MS = 86_400_000
let server: InfluxServer
beforeAll(async () => {
  server = await startInflux({ http: 'max-body-size = 2000', data: 'max-values-per-tag = 20' })
})
afterAll(() => server[Symbol.asyncDispose]())

/** Points of one hour that has just passed, one a second. */
const pointsAt = (datastreamId: number, fromMs: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({ datastreamId, timeMs: fromMs + i * 1000, value: i }))

describe('points that InfluxDB refuses', () => {
  it('as too old or of another type are named one by one, and all others are stored', async () => {
    await using store = await createInfluxStore({ url: `${server.url}/refused`, log })
    // Somebody wrote whole numbers into our measurement: floats conflict in this week.
    const foreign = await fetch(`${server.url}/write?db=refused&precision=ms`, {
      method: 'POST',
      body: `observations,ds=7 value=1i ${NOW_MS - 1}`,
    })
    expect(foreign.status).toBe(204)
    await server.ask('alter retention policy autogen on refused duration 30d')
    const old = pointsAt(2, NOW_MS - 60 * DAY_MS, 5)
    const good = pointsAt(1, NOW_MS - 15 * DAY_MS, 5)
    const mixed = old.flatMap((point, i) => [
      point,
      good[i] ?? point,
      { datastreamId: 7, timeMs: NOW_MS - i, value: 0.5 },
    ])
    const error = await store.append(mixed).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    const reasons = refusedReasons(error) ?? new Map<number, string>()
    expect([...reasons.keys()]).toEqual(mixed.flatMap((_, i) => (i % 3 === 1 ? [] : [i])))
    expect(reasons.get(0)).toMatch(/beyond retention policy/)
    expect(reasons.get(2)).toMatch(/type/)
    expect(await store.raw({ datastreamId: 1, fromMs: 0, toMs: NOW_MS, limit: 10 })).toHaveLength(5)
  })

  it('by a field of another type are named, and the same pack again is answered the same', async () => {
    await using store = await createInfluxStore({ url: `${server.url}/conflict`, log })
    await fetch(`${server.url}/write?db=conflict&precision=ms`, {
      method: 'POST',
      body: `observations,ds=1 value=1i ${NOW_MS}`,
    })
    // Types are kept for each week: what is a year old is stored.
    const fine = pointsAt(2, NOW_MS - 365 * DAY_MS, 40)
    const refused = pointsAt(2, NOW_MS, 3)
    const both = [fine[0], refused[0], refused[1], ...fine.slice(1), refused[2]].filter(
      (point) => point !== undefined,
    )
    for (let again = 0; again < 2; again += 1) {
      const outcomes = await Promise.allSettled([
        store.append(both),
        store.append(pointsAt(3, NOW_MS - 400 * DAY_MS, 2)),
      ])
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
      const [first] = outcomes
      const reasons = first?.status === 'rejected' ? refusedReasons(first.reason) : undefined
      expect([...(reasons?.keys() ?? [])]).toEqual([1, 2, 42])
      expect(reasons?.get(1)).toMatch(/type/)
    }
    const range = { datastreamId: 2, fromMs: 0, toMs: NOW_MS + DAY_MS, limit: 100 }
    expect(await store.raw(range)).toEqual(fine.map(({ timeMs, value }) => ({ timeMs, value })))
  })

  it('because there are too many Datastreams are named, and those that are there go on', async () => {
    await using store = await createInfluxStore({ url: `${server.url}/crowd`, log })
    const at = (datastreamId: number) => ({ datastreamId, timeMs: NOW_MS, value: 1 })
    await store.append(Array.from({ length: 20 }, (_, i) => at(i + 1)))
    await expect(store.append([at(21), at(1), at(22)])).rejects.toMatchObject({
      code: 'points-refused',
      message: expect.stringMatching(/^The store refuses 2 of 3 readings.*max-values-per-tag/),
    })
    await store.append([{ datastreamId: 1, timeMs: NOW_MS + 1, value: 2 }])
    expect((await store.latest(Array.from({ length: 25 }, (_, i) => i + 1))).size).toBe(20)
  })
})

it('makes three series a Datastream at most, however it is used', async () => {
  await using store = await createInfluxStore({ url: `${server.url}/counted`, log })
  for (const id of [1, 2, 3]) await store.append(pointsAt(id, NOW_MS - 5 * 3_600_000, 4 * 3600))
  await store.compact()
  await store.append(pointsAt(1, NOW_MS - 5 * 3_600_000, 10))
  await store.deleteRange({ datastreamId: 1, fromMs: NOW_MS - 4 * 3_600_000, toMs: NOW_MS - 3 * 3_600_000 })
  await store.compact()
  const series = new Set((await server.ask('show series on counted')).flat())
  expect(series).toEqual(
    new Set([1, 2, 3].flatMap((id) => ['extent', 'hours', 'observations'].map((name) => `${name},ds=${id}`))),
  )
  const types = (await server.ask('show field keys on counted from observations')).flat()
  expect(types).toEqual(['value', 'float'])
})

it('knows its database and login by the address alone, and says no secret when either is wrong', async () => {
  for (const database of ['a"b', 'a;drop', 'a b', '%22']) {
    await expect(createInfluxStore({ url: `${server.url}/${database}`, log })).rejects.toMatchObject({
      code: 'invalid-input',
    })
  }
  await using guarded = await startInflux({ http: 'auth-enabled = true' })
  await guarded.ask(`create user root with password 'topmost' with all privileges`)
  const at = (login: string) => guarded.url.replace('http://', `http://${login}@`)
  await using store = await createInfluxStore({ url: `${at('root:topmost')}/nadi`, log })
  await store.append([{ datastreamId: 1, timeMs: 1, value: 1 }])
  await guarded.ask(`create user nadi with password 'p@ss:/w#rd'`, 'root:topmost')
  await guarded.ask('grant all on nadi to nadi', 'root:topmost')
  await using plain = await createInfluxStore({ url: `${at('nadi:p%40ss%3A%2Fw%23rd')}/nadi`, log })
  expect(await plain.latest([1])).toEqual(new Map([[1, { timeMs: 1, value: 1 }]]))
  for (const [login, database, message] of [
    ['nadi:guessed', 'nadi', /login.*NADI_INFLUX_URL/],
    ['nadi:p%40ss%3A%2Fw%23rd', 'other', /let an administrator run create database "other"/],
  ] as const) {
    const error = await createInfluxStore({ url: `${at(login)}/${database}`, log }).then(
      () => expect.fail('it was let in'),
      (thrown: unknown) => thrown as Error,
    )
    expect(error).toMatchObject({ code: 'store-unavailable', message: expect.stringMatching(message) })
    expect(JSON.stringify([error.message, error.stack, String(error.cause)])).not.toMatch(/guessed|p@ss|p%40/)
  }
})

it('waits at the start for a server that is not there yet, and finds it again when it was away', async () => {
  await using own = await startInflux()
  await own.kill()
  const warnings: string[] = []
  const waiting = createInfluxStore({
    url: `${own.url}/nadi`,
    log: pino({ level: 'warn' }, { write: (line: string) => warnings.push(line) }),
    waitMs: 60_000,
  })
  await until(() => warnings.some((line) => line.includes('waiting')), { what: 'the word that it waits' })
  await own.restart()
  await using store = await waiting
  await store.append([{ datastreamId: 1, timeMs: 1, value: 1 }])
  await own.kill()
  await expect(store.append([{ datastreamId: 1, timeMs: 2, value: 2 }])).rejects.toMatchObject({
    code: 'store-unavailable',
  })
  await own.restart()
  await store.append([{ datastreamId: 1, timeMs: 2, value: 2 }])
  expect(await store.raw({ datastreamId: 1, fromMs: 0, toMs: 10, limit: 10 })).toEqual([
    { timeMs: 1, value: 1 },
    { timeMs: 2, value: 2 },
  ])
})

it('gives a frozen server up when everything is to end, and says how many readings are not confirmed', async () => {
  await using own = await startInflux()
  const warnings: string[] = []
  const stopping = new AbortController()
  await using store = await createInfluxStore({
    url: `${own.url}/nadi`,
    log: pino({ level: 'warn' }, { write: (line: string) => warnings.push(line) }),
    timeoutMs: 600_000,
    signal: stopping.signal,
  })
  await freeze(own.pid)
  const appends = [pointsAt(1, NOW_MS, 3), pointsAt(2, NOW_MS, 4)].map((points) => store.append(points))
  stopping.abort()
  expect(await Promise.allSettled(appends)).toMatchObject(
    appends.map(() => ({ status: 'rejected', reason: { code: 'store-unavailable' } })),
  )
  expect(warnings.map((line) => JSON.parse(line))).toMatchObject([
    { readings: 7, msg: expect.stringContaining('whoever sent them keeps them') },
  ])
})

it('says where to look when a server does not answer within the wait at the start', async () => {
  await using own = await startInflux()
  await own.kill()
  await expect(createInfluxStore({ url: `${own.url}/nadi`, log, waitMs: 1500 })).rejects.toMatchObject({
    code: 'store-unavailable',
    message: expect.stringMatching(/has not answered for \d+ s: .*its own log.*docs\/operations\.md/),
  })
})
