import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createInfluxStore } from '../../store/influx/influxStore.ts'
import { observationStoreContract } from '../contracts/observationStore.ts'
import { startInflux } from '../support/influx.ts'
import type { InfluxServer } from '../support/influx.ts'

const log = pino({ level: 'silent' })
let server: InfluxServer
let databases = 0

beforeAll(async () => {
  server = await startInflux()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

observationStoreContract('influx', async ({ rawDays } = { rawDays: 0 }) => {
  databases += 1
  const url = `${server.url}/contract-${databases}`
  let nowMs = 0
  const options = { url, log, rawDays, now: () => nowMs }
  let store = await createInfluxStore(options)
  return {
    store: () => store,
    async reopen() {
      await store.close()
      store = await createInfluxStore(options)
    },
    drop(toMs) {
      nowMs = toMs
      return store.drop()
    },
    compact: () => store.compact(),
    async [Symbol.asyncDispose]() {
      await store.close()
    },
  }
})

it('keeps every confirmed point when the server is killed, and says when it is down', async () => {
  await using own = await startInflux()
  const store = await createInfluxStore({ url: `${own.url}/nadi`, log })
  const points = Array.from({ length: 500 }, (_, i) => ({ datastreamId: 1, timeMs: i * 1000, value: i }))
  await Promise.all(points.map((point) => store.append([point])))
  await own.kill()
  await expect(store.append(points)).rejects.toMatchObject({ code: 'store-unavailable' })
  await expect(store.latest([1])).rejects.toMatchObject({ code: 'store-unavailable' })
  await own.restart()
  await using again = await createInfluxStore({ url: `${own.url}/nadi`, log })
  expect(await again.raw({ datastreamId: 1, fromMs: 0, toMs: 1e9, limit: 1000 })).toEqual(
    points.map(({ timeMs, value }) => ({ timeMs, value })),
  )
})

it('says so when no server answers', async () => {
  await expect(createInfluxStore({ url: 'http://127.0.0.1:1/nadi', log })).rejects.toMatchObject({
    code: 'store-unavailable',
    message: expect.stringContaining('NADI_INFLUX_URL'),
  })
})
