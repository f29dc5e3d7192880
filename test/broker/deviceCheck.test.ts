import mqtt from 'mqtt'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkDevice } from '../../api/deviceCheck/check.ts'
import { howToMend } from '../../api/deviceCheck/mend.ts'
import { NadiError } from '../../city/errors.ts'
import { until } from '../support/until.ts'
import { brokerUnderTest, type BrokerUnderTest } from './support.ts'

let city: BrokerUnderTest
let password: string
beforeAll(async () => {
  city = await brokerUnderTest()
  password = city.device('meter')
})
afterAll(() => city[Symbol.asyncDispose]())

const check = async () => {
  const { catalogue, observations } = city
  const device = catalogue.devices.find('meter')
  if (!device) throw new Error('no device')
  return checkDevice({ catalogue, observations, now: Date.now }, device, 'operator')
}

it('says of a device that never came that nothing came', async () => {
  expect(await check()).toMatchObject({
    connection: { open: 0, status: 'never' },
    lastRefusal: null,
    lastPack: null,
    rejected: [],
    forbidden: { count: 0, lastTopic: null },
    declaredAt: null,
  })
})

it('says why the last CONNECT was refused, and what to do', async () => {
  const connect = (given: mqtt.IClientOptions) =>
    mqtt.connectAsync(city.url, { username: 'meter', reconnectPeriod: 0, ...given }, false)
  await expect(connect({ password: 'wrong', clientId: 'meter' })).rejects.toThrow()
  expect((await check()).lastRefusal).toMatchObject({
    reason: 'bad user name or password',
    mend: expect.stringContaining('password'),
    count: 1,
  })
  await expect(connect({ password, clientId: 'another' })).rejects.toThrow()
  expect((await check()).lastRefusal).toMatchObject({
    reason: expect.stringContaining('client id'),
    count: 1,
  })
  await expect(connect({ password, clientId: 'another' })).rejects.toThrow()
  expect((await check()).lastRefusal?.count).toBe(2)
  const metrics = city.broker.counts()
  expect(metrics.refusedLogins).toBe(3)
})

it('tells what it knows while the store cannot be asked', async () => {
  const { catalogue } = city
  const device = catalogue.devices.find('meter')
  if (!device) throw new Error('no device')
  const latest = () => Promise.reject(new NadiError('store-unavailable', 'away'))
  const observations = { ...city.observations, latest }
  expect(await checkDevice({ catalogue, observations, now: Date.now }, device, 'operator')).toMatchObject({
    lastRefusal: { count: 2 },
    lastValuesKnown: false,
    silent: [],
  })
})

it('tells the last pack, what was rejected with how to mend it, and what was forbidden', async () => {
  const client = await city.client('meter', password)
  expect((await check()).connection.open).toBe(1)
  const birth = { datastreams: [{ name: 'library/co2', intervalSeconds: 60 }, { name: 'library/humidity' }] }
  await client.publishAsync('nadi/v1/meter/birth', JSON.stringify(birth), { qos: 1 })
  const pack = [
    { n: 'library/co2', v: 600, t: -3600 },
    { n: 'library/noise', v: 40, t: -3600 },
    { n: 'museum/co2', v: 600 },
    { n: 'library/temperature', v: 5000 },
  ]
  await client.publishAsync('nadi/v1/meter/observations', JSON.stringify(pack), { qos: 1 })
  await client.publishAsync('nadi/v1/meter/observations', 'co2=600', { qos: 1 })
  await client.publishAsync('nadi/v1/other/observations', '[]', { qos: 1 })
  const sibling = await city.client('sibling', city.device('sibling'))
  const foreignOnes = [{ n: 'library/floor-9/noise', v: 40 }]
  await sibling.publishAsync('nadi/v1/sibling/observations', JSON.stringify(foreignOnes), { qos: 1 })
  await sibling.endAsync()
  const told = await check()
  expect(told).toMatchObject({
    lastPack: { topic: 'nadi/v1/meter/observations', observations: 2, lateSeconds: 3600, timing: 'late' },
    forbidden: { count: expect.any(Number), lastTopic: 'nadi/v1/other/observations' },
    silent: [{ datastream: 'library/co2' }, { datastream: 'library/humidity', lastTime: null }],
    undeclared: ['library/noise'],
  })
  const lastTime = told.lastPack?.newestTime
  expect(told.lastPack?.datastreams).toEqual([
    { datastream: 'library/co2', lastTime, value: 600, unit: 'ppm' },
    { datastream: 'library/noise', lastTime, value: 40, unit: '1' },
  ])
  const later = [{ n: 'library/co2', v: 610, t: -60 }]
  await client.publishAsync('nadi/v1/meter/observations', JSON.stringify(later), { qos: 1 })
  expect((await check()).sent).toMatchObject([
    { datastream: 'library/co2', value: 610 },
    { datastream: 'library/noise', value: 40 },
  ])
  expect(told.rejected).toHaveLength(3)
  expect(told.rejected[0]).toMatchObject({ reason: 'the payload is not JSON', payload: 'co2=600' })
  for (const { mend } of told.rejected)
    expect(mend).not.toBe(howToMend('', { id: 'meter', building: 'library' }))
  expect(JSON.stringify(told)).not.toContain(password)
  await client.endAsync()
  await until(async () => (await check()).connection.open === 0)
})

it('says of a time before July 1978, which SenML counts from the arrival, how to bring it instead', async () => {
  const client = await city.client('meter', password)
  const pack = [{ n: 'library/co2', v: 600, t: Date.UTC(1976, 4, 1) / 1000 }]
  await client.publishAsync('nadi/v1/meter/observations', JSON.stringify(pack), { qos: 1 })
  await client.endAsync()
  const [newest] = (await check()).rejected
  expect(newest?.payload).toContain(`${pack[0]?.t}`)
  expect(newest?.mend).toMatch(/before 4 July 1978.*counts from the arrival.*nadi import/)
})

it('says that the store took nothing, until it takes again', async () => {
  const { catalogue } = city
  catalogue.devices.notes.notKept('meter', 'nadi/v1/meter/observations', Date.now())
  expect((await check()).notKept).toMatchObject({ topic: 'nadi/v1/meter/observations', count: 1 })
})

it('tells of each topic of a gateway, newest first, with its last values', async () => {
  const { catalogue, observations } = city
  const gateway = await city.client('zigbee', catalogue.devices.add('zigbee', 'library', 'zigbee'))
  for (const [topic, payload] of [
    ['zigbee/Hall/co2', '700'],
    ['zigbee/Hall', '{"temperature":21,"humidity":40}'],
    ['zigbee/Hall/co2', '710'],
  ] as const)
    await gateway.publishAsync(topic, payload, { qos: 1 })
  const device = catalogue.devices.find('zigbee')
  if (!device) throw new Error('no device')
  const { topics } = await checkDevice({ catalogue, observations, now: Date.now }, device, 'operator')
  expect(topics).toMatchObject([
    { topic: 'zigbee/Hall/co2', datastreams: [{ datastream: 'library/hall/co2', value: 710, unit: 'ppm' }] },
    {
      topic: 'zigbee/Hall',
      datastreams: [
        { value: 21, unit: 'Cel' },
        { value: 40, unit: '%RH' },
      ],
    },
  ])
})

it('calls a clock behind only when its times keep their distance from arrival', async () => {
  const { notes } = city.catalogue.devices
  const timing = async (times: readonly (readonly [atMs: number, newestMs: number])[]) => {
    for (const [atMs, timeMs] of times) {
      const readings = [{ datastream: 'library/co2', timeMs }]
      notes.stored('meter', { topic: 't', isForeign: false, readings, undeclared: [] }, atMs)
    }
    return (await check()).lastPack?.timing
  }
  const at = Date.now()
  const [second, hour] = [1000, 3_600_000]
  expect(await timing([[at, at - 2 * second]])).toBe('prompt')
  expect(await timing([[at, at + hour]])).toBe('ahead')
  // A day's backlog in two minutes.
  expect(
    await timing([
      [at, at - 24 * hour],
      [at + 60 * second, at - 12 * hour],
      [at + 120 * second, at - hour],
    ]),
  ).toBe('late')
  expect(
    await timing([
      [at, at - 8 * hour],
      [at + 60 * second, at - 8 * hour + 59 * second],
      [at + 120 * second, at - 8 * hour + 119 * second],
    ]),
  ).toBe('behind')
})
