import path from 'node:path'
import mqtt from 'mqtt'
import { expect, it } from 'vitest'
import { testCity } from '../support/city.ts'
import { freeze } from '../support/freeze.ts'
import { startInflux } from '../support/influx.ts'
import { until } from '../support/until.ts'

const PACKS = 20
const START_MS = Date.parse('2026-11-01T00:00:00Z')

it('acknowledges nothing while InfluxDB is away, says so at once, and has stored everything when it is back', async () => {
  await using server = await startInflux()
  await using city = await testCity({
    NADI_CITY: path.resolve(import.meta.dirname, 'empty-city.yaml'),
    NADI_FLOWS_URL: 'http://127.0.0.1:9',
    NADI_STORE: 'influx',
    NADI_INFLUX_URL: `${server.url}/nadi`,
  })
  const run = await city.start()
  const made = await city.nadi('devices', 'add', 'gate-1', '--building', 'library', '--json')
  await using stack = new AsyncDisposableStack()
  const client = await mqtt.connectAsync(run.mqtt, {
    username: 'gate-1',
    password: JSON.parse(made.stdout).password,
    clientId: 'gate-1',
    reconnectPeriod: 50,
  })
  stack.defer(() => client.endAsync(true))
  client.on('error', () => undefined)
  let acknowledged = 0
  const publish = async (second: number): Promise<void> => {
    const pack = [{ n: 'library/co2', t: START_MS / 1000 + second, v: second }]
    await client.publishAsync('nadi/v1/gate-1/observations', JSON.stringify(pack), { qos: 1 })
    acknowledged += 1
  }
  await publish(0)
  expect(await city.get('/readyz')).toMatchObject({ status: 200, body: { ready: true } })

  await server.kill()
  const publishing = Promise.all(Array.from({ length: PACKS }, (_, i) => publish(1 + i)))
  await until(() => city.output().includes('a publish could not be kept: not acknowledged'))
  expect(await city.get('/readyz')).toMatchObject({
    status: 503,
    body: {
      ready: false,
      parts: { store: false, catalogue: true },
      problems: { store: expect.stringContaining(`InfluxDB at ${new URL(server.url).host}`) },
    },
  })
  // The client has come back to the broker and sent again meanwhile, to no avail.
  await until(() => city.output().split('a publish could not be kept').length > PACKS + 1)
  expect(acknowledged).toBe(1)

  await server.restart()
  await publishing
  expect(await city.get('/readyz')).toMatchObject({ status: 200, body: { ready: true } })
  const range = new URLSearchParams({
    datastream: 'library/co2',
    from: new Date(START_MS).toISOString(),
    to: new Date(START_MS + 3_600_000).toISOString(),
    bucket: 'raw',
  })
  const { body } = await city.get(`/v1/series?${range.toString()}`, city.adminKey())
  expect(body.items.map(({ value }: { value: number }) => value)).toEqual(
    Array.from({ length: PACKS + 1 }, (_, second) => second),
  )
  await freeze(server.pid)
  const frozen = await city.get('/readyz')
  expect(frozen).toMatchObject({
    status: 503,
    body: { parts: { store: false, catalogue: true }, problems: { store: expect.stringContaining('ping') } },
  })
  expect(await city.get('/v1/buildings')).toMatchObject({
    status: 200,
    body: { items: [{ id: 'library', nowKnown: false }] },
  })
  const page = await city.get('/?lang=en')
  expect(page.status).toBe(200)
  expect(page.body).toContain('The numbers cannot be read now')
  expect((await city.nadi('devices', 'check', 'gate-1')).stdout).toMatch(/^last values +unknown/m)
  process.kill(server.pid, 'SIGCONT')
  expect(await city.get('/readyz')).toMatchObject({ status: 200, body: { ready: true } })

  await freeze(server.pid)
  const packs = async (): Promise<string | undefined> =>
    /^nadi_mqtt_packs_total .*$/m.exec((await city.get('/metrics', city.adminKey())).body)?.[0]
  const before = await packs()
  publish(PACKS + 1).catch(() => undefined)
  await until(async () => (await packs()) !== before)
  city.process().kill('SIGTERM')
  expect(await city.ended()).toBe(0)
  expect(/"readings":1,"msg":"InfluxDB does not answer while Nadi ends/.test(city.output())).toBe(true)
  expect(acknowledged).toBe(PACKS + 1)
})
