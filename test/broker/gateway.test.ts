import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { maySubscribe } from '../../broker/accessRules.ts'
import { brokerUnderTest, type BrokerUnderTest } from './support.ts'

const run = promisify(execFile)

let city: BrokerUnderTest
let password: string
beforeAll(async () => {
  city = await brokerUnderTest()
  password = city.catalogue.devices.add('zigbee', 'library', 'zigbee2mqtt')
  city.catalogue.devices.add('other', 'museum', 'tele/museum')
})
afterAll(() => city[Symbol.asyncDispose]())

/** Publishes as a stranger's client does; resolves once it is acknowledged. */
const publish = (topic: string, payload: string, ...more: string[]) =>
  run(
    'mosquitto_pub',
    [
      '-h',
      '127.0.0.1',
      '-p',
      String(city.broker.port),
      '-u',
      'zigbee',
      '-P',
      password,
      '-i',
      'zigbee',
    ].concat(['-q', '1', '-t', topic, '-m', payload], more),
  )

const values = async (datastream: string) => (await city.samples(datastream)).map(({ value }) => value)
const reasons = () => city.catalogue.quarantine.list({ device: 'zigbee' }).map(({ reason }) => reason)

it('maps what a stranger publishes under its root to the building', async () => {
  await publish('zigbee2mqtt/Floor 2/Zone A/co2', '612')
  await publish(
    'zigbee2mqtt/floor-2/zone-a',
    '{"temperature":21.4,"humidity":40,"battery":90,"linkquality":100,"state":"ON"}',
  )
  await publish(
    'zigbee2mqtt/hall/power',
    '{"value":1.5,"unit":"kW","time":"2026-11-20T10:00:00+08:00"}',
    '-r',
  )
  expect(await values('library/floor-2/zone-a/co2')).toEqual([612])
  expect(await values('library/floor-2/zone-a/temperature')).toEqual([21.4])
  expect(await values('library/floor-2/zone-a/linkquality')).toEqual([100])
  expect(await city.samples('library/hall/power')).toEqual([
    { timeMs: Date.UTC(2026, 10, 20, 2), value: 1500 },
  ])
  expect(city.catalogue.datastreams.find('library/floor-2/zone-a/battery')).toMatchObject({ unit: '%' })
  expect(city.catalogue.devices.find('zigbee')?.lastSeenMs).toBeGreaterThan(0)
  expect(city.catalogue.devices.notes.of('zigbee').pack).toMatchObject({
    observations: 1,
    topic: 'zigbee2mqtt/hall/power',
  })
})

it('keeps two topics apart whose names become one of ours, also after a restart', async () => {
  const before = reasons().length
  await publish('zigbee2mqtt/Room A/co2', '600')
  await publish('zigbee2mqtt/room_a/co2', '900')
  await publish('zigbee2mqtt/room_a', '{"CO2":901,"humidity":44}')
  await publish('zigbee2mqtt/Room A', '{"co2":601,"humidity":45,"Dew Point":8,"dew_point":9}')
  await publish('zigbee2mqtt/部屋/co2', '610')
  await publish('zigbee2mqtt/会議/co2', '910')
  expect(await values('library/room-a/co2')).toEqual([600, 601])
  expect(await values('library/room-a/humidity')).toEqual([44])
  expect(await values('library/--/co2')).toEqual([610])
  expect(await values('library/room-a/dew-point')).toEqual([8])
  const packs = city.catalogue.quarantine.list({ device: 'zigbee' }).slice(before)
  expect(packs.map(({ topic, payloadStart }) => [topic, Buffer.from(payloadStart).toString()])).toEqual([
    ['zigbee2mqtt/room_a/co2', '900'],
    ['zigbee2mqtt/room_a', '{"CO2":901}'],
    ['zigbee2mqtt/Room A', '{"humidity":45}'],
    ['zigbee2mqtt/Room A', '{"dew_point":9}'],
    ['zigbee2mqtt/会議/co2', '910'],
  ])
  expect(packs[0]?.reason).toBe(
    '"library/room-a/co2" comes on "zigbee2mqtt/Room A/co2": "zigbee2mqtt/room_a/co2" is another source of the same name, and two are not mixed',
  )
})

it('takes a topic where an administrator mapped it, and what was quarantined of it too', async () => {
  const [pack] = city.catalogue.quarantine.list({ device: 'zigbee' })
  expect(pack?.topic).toBe('zigbee2mqtt/room_a/co2')
  city.catalogue.sources.map('zigbee2mqtt/room_a/co2', 'library/annex/co2')
  expect(await city.broker.retryQuarantined(pack?.id ?? 0)).toEqual({ outcome: 'stored' })
  await publish('zigbee2mqtt/room_a/co2', '902')
  expect(await values('library/annex/co2')).toEqual([900, 902])
  for (const { id } of city.catalogue.quarantine.list({ device: 'zigbee' }))
    city.catalogue.quarantine.remove(id)
})

it('still publishes on its own topics', async () => {
  await publish('nadi/v1/zigbee/observations', '[{"n":"library/co2","v":500}]')
  expect(await values('library/co2')).toEqual([500])
})

it('has quarantined and acknowledged what cannot be understood or is not possible', async () => {
  await publish('zigbee2mqtt/bridge/state', 'online')
  await publish('zigbee2mqtt/bridge/info', '{"state":"x"}')
  await publish('zigbee2mqtt/hall/availability', '{"state":"online"}')
  await publish('zigbee2mqtt/hall/status', 'online')
  await publish('zigbee2mqtt/hall/humidity', '400')
  await publish('zigbee2mqtt//co2', '5')
  expect(reasons()).toEqual([
    expect.stringContaining('neither a number nor JSON'),
    expect.stringContaining('not possible for humidity'),
    expect.stringContaining('empty'),
  ])
  const [first, second] = city.catalogue.quarantine.list({ device: 'zigbee' })
  expect(second?.topic).toBe('zigbee2mqtt/hall/humidity')
  expect(await city.broker.retryQuarantined(first?.id ?? 0)).toMatchObject({ outcome: 'quarantined' })
  expect(await city.broker.retryQuarantined(second?.id ?? 0)).toMatchObject({ outcome: 'quarantined' })
})

it.each([
  'zigbee2mqttx/hall/co2',
  'tele/museum/hall/co2',
  'museum/co2',
  '/zigbee2mqtt/hall/co2',
  'nadi/v1/other/observations',
  'v1.1/Datastreams(1)/Observations',
  'nadi/v1/alarms/library',
])('is forbidden %s: acknowledged, counted, neither stored nor routed', async (topic) => {
  const before = city.catalogue.devices.find('zigbee')?.forbiddenCount ?? 0
  const stored = city.catalogue.datastreams.list().length
  await publish(topic, '5')
  expect(city.catalogue.devices.find('zigbee')?.forbiddenCount).toBe(before + 1)
  expect(city.catalogue.datastreams.list()).toHaveLength(stored)
})

it.each(['zigbee2mqtt/../museum/co2', 'zigbee2mqtt/museum/co2', 'zigbee2mqtt/nadi/v1/other/observations'])(
  'does not leave its building by %s',
  async (topic) => {
    await publish(topic, '5')
    expect(city.catalogue.datastreams.list('museum')).toEqual([])
  },
)

it('hears nothing under its root, and nothing that it publishes is retained or routed', async () => {
  const gateway = { kind: 'device', id: 'zigbee', building: 'library', gateway: 'zigbee2mqtt' } as const
  for (const filter of ['zigbee2mqtt/#', 'zigbee2mqtt/hall/power', '#', '+/+']) {
    expect(maySubscribe(gateway, filter, () => undefined)).toBe(false)
  }
  const key = city.catalogue.keys.add('administrator', 'test')
  const reader = await city.client(key.id, key.key)
  const heard: string[] = []
  reader.on('message', (topic) => heard.push(topic))
  await reader.subscribeAsync('#')
  await publish('zigbee2mqtt/hall/power', '7', '-r')
  await publish('nadi/v1/zigbee/status', 'online')
  await expect.poll(() => heard).toContain('nadi/v1/zigbee/status')
  expect(heard.filter((topic) => topic.startsWith('zigbee2mqtt'))).toEqual([])
})

it('has a root of its own: none that overlaps, and none of the city’s', () => {
  const { devices } = city.catalogue
  for (const root of ['zigbee2mqtt', 'zigbee2mqtt/hall', 'tele']) {
    expect(() => devices.add('third', 'library', root)).toThrow(expect.objectContaining({ code: 'conflict' }))
  }
  for (const root of ['nadi/v1', '$SYS', 'a/#', '']) {
    expect(() => devices.add('third', 'library', root)).toThrow(
      expect.objectContaining({ code: 'invalid-input' }),
    )
  }
  devices.revoke('other')
  devices.add('third', 'library', 'tele')
  expect(() => devices.add('other', 'museum', 'tele/museum')).toThrow(
    expect.objectContaining({ code: 'conflict' }),
  )
})
