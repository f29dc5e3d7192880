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
  return checkDevice({ catalogue, observations, now: Date.now }, device)
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
  expect(await checkDevice({ catalogue, observations, now: Date.now }, device)).toMatchObject({
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
    lastPack: { topic: 'nadi/v1/meter/observations', observations: 2, lateSeconds: 3600 },
    forbidden: { count: expect.any(Number), lastTopic: 'nadi/v1/other/observations' },
    silent: [{ datastream: 'library/co2' }, { datastream: 'library/humidity', lastTime: null }],
    undeclared: ['library/noise'],
  })
  expect(told.lastPack?.datastreams.map(({ datastream }) => datastream)).toEqual([
    'library/co2',
    'library/noise',
  ])
  expect(told.rejected).toHaveLength(3)
  expect(told.rejected[0]).toMatchObject({ reason: 'the payload is not JSON', payload: 'co2=600' })
  for (const { mend } of told.rejected)
    expect(mend).not.toBe(howToMend('', { id: 'meter', building: 'library' }))
  expect(JSON.stringify(told)).not.toContain(password)
  await client.endAsync()
  await until(async () => (await check()).connection.open === 0)
})
