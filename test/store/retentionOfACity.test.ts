import path from 'node:path'
import mqtt from 'mqtt'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { dataFiles } from '../../launch/files.ts'
import { createEmbeddedStore } from '../../store/embedded/embeddedStore.ts'
import { createInfluxStore } from '../../store/influx/influxStore.ts'
import { testCity } from '../support/city.ts'
import { influxDatabase } from '../support/stores.ts'

const DAY_MS = 86_400_000
const RAW_DAYS = 31
const DATASTREAM = 'library/co2'

it('quarantines late readings from before NADI_RAW_DAYS with the reason and acknowledges them', async () => {
  const url = influxDatabase()
  await using city = await testCity({
    NADI_CITY: path.resolve(import.meta.dirname, '../launch/empty-city.yaml'),
    NADI_FLOWS_URL: 'http://127.0.0.1:9',
    NADI_RAW_DAYS: String(RAW_DAYS),
    ...(url !== undefined && { NADI_STORE: 'influx', NADI_INFLUX_URL: url }),
  })
  let run = await city.start()
  const made = await city.nadi('devices', 'add', 'gate-1', '--building', 'library', '--json')
  const { password } = JSON.parse(made.stdout)
  /** Sends one pack, a reading for each time, and waits for PUBACK. */
  const publish = async (...readings: [timeMs: number, value: number][]): Promise<void> => {
    const client = await mqtt.connectAsync(run.mqtt, {
      username: 'gate-1',
      password,
      clientId: 'gate-1',
      reconnectPeriod: 0,
    })
    const pack = readings.map(([timeMs, v]) => ({ n: DATASTREAM, t: timeMs / 1000, v }))
    await client.publishAsync('nadi/v1/gate-1/observations', JSON.stringify(pack), { qos: 1 })
    await client.endAsync()
  }
  const series = async (bucket: string, fromMs: number, toMs: number) => {
    const query = new URLSearchParams({
      datastream: DATASTREAM,
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      bucket,
    })
    return (await city.get(`/v1/series?${query.toString()}`, city.adminKey())).body.items
  }
  const quarantine = async () => (await city.get('/v1/quarantine', city.adminKey())).body.items

  const nowMs = Math.floor(Date.now() / 1000) * 1000
  const oldMs = Math.floor(nowMs / DAY_MS) * DAY_MS - 40 * DAY_MS
  await publish([oldMs, 400], [oldMs + 600_000, 500], [nowMs, 600])
  // Nothing is dropped yet: as late as this, a reading is one like any other.
  await publish([oldMs + 1_200_000, 600])
  expect(await series('raw', oldMs, oldMs + DAY_MS)).toHaveLength(3)
  city.process().kill('SIGTERM')
  expect(await city.ended()).toBe(0)

  // What the city does a minute after its start.
  {
    const options = { log: pino({ level: 'silent' }), rawDays: RAW_DAYS, now: () => nowMs }
    const folder = dataFiles(city.dataDir).observations
    await using store =
      url === undefined
        ? await createEmbeddedStore({ ...options, folder })
        : await createInfluxStore({ ...options, url })
    await store.drop()
  }

  run = await city.start()
  const sums = { count: 3, mean: 500, min: 400, max: 600 }
  const hour = async () => (await series('1h', oldMs, oldMs + 3_600_000))[0]
  expect(await hour()).toMatchObject(sums)
  expect(await series('raw', oldMs, oldMs + DAY_MS)).toEqual([])

  const keptMs = nowMs - 20 * DAY_MS
  await publish([oldMs + 1_800_000, 9999], [keptMs, 700])
  // Sent again, as a spool does whose acknowledgement was lost: no reading is counted twice.
  await publish([oldMs, 400])
  expect(await hour()).toMatchObject(sums)
  expect(await series('raw', keptMs, keptMs + 1000)).toMatchObject([{ value: 700 }])
  const items = await quarantine()
  expect(items.map(({ payload }: { payload: string }) => payload).join()).toContain('9999')
  expect(items.map(({ reason }: { reason: string }) => reason)).toEqual([
    expect.stringContaining('NADI_RAW_DAYS'),
    expect.stringContaining('NADI_RAW_DAYS'),
  ])
})
