import mqtt from 'mqtt'
import { generate } from 'mqtt-packet'
import { describe, expect, it } from 'vitest'
import { createBroker } from '../../broker/createBroker.ts'
import { until } from '../support/until.ts'
import {
  brokerUnderTest,
  type BrokerUnderTest,
  connectPacket,
  log,
  publishPacket,
  rawClient,
} from './support.ts'

const TOPIC = 'nadi/v1/meter-1/observations'
const pack = (...records: unknown[]): string => JSON.stringify(records)
const at = 1_760_000_000

describe('Birth and status', () => {
  it('declare what a device observes, and are retained', async () => {
    await using city = await brokerUnderTest()
    const device = await city.client('meter-1', city.device('meter-1'))
    await device.publishAsync(
      'nadi/v1/meter-1/birth',
      JSON.stringify({
        things: [{ name: 'library/floor-1', brickClass: 'Floor' }],
        datastreams: [{ name: 'library/floor-1/co2', unit: 'ppm', kind: 'instant', intervalSeconds: 60 }],
      }),
      { qos: 1, retain: true },
    )
    await device.publishAsync('nadi/v1/meter-1/status', 'online', { qos: 1, retain: true })
    expect(city.catalogue.things.find('library/floor-1')?.brickClass).toBe('Floor')
    expect(city.catalogue.datastreams.find('library/floor-1/co2')).toMatchObject({
      undeclared: false,
      intervalSeconds: 60,
    })
    expect(city.catalogue.devices.find('meter-1')?.status).toBe('online')

    const { id, key } = city.catalogue.keys.add('operator', 'listens')
    const operator = await city.client(id, key)
    const retained = new Map<string, string>()
    operator.on('message', (topic, payload) => retained.set(topic, payload.toString()))
    await operator.subscribeAsync('nadi/v1/+/+')
    await until(() => retained.size === 2)
    expect(retained.get('nadi/v1/meter-1/status')).toBe('online')
  })

  it('put the wrong entries of a birth into quarantine and declare the rest', async () => {
    await using city = await brokerUnderTest()
    const device = await city.client('meter-1', city.device('meter-1'))
    await device.publishAsync(
      'nadi/v1/meter-1/birth',
      JSON.stringify({
        things: [{ name: 'clinic/floor-1' }, { name: 'Not a path' }],
        datastreams: [
          { name: 'library/energy', unit: 'kWh', kind: 'counter' },
          { name: 'library/energy', unit: 'apples' },
          { name: 'library/power', kind: 'guess' },
          7,
        ],
      }),
      { qos: 1, retain: true },
    )
    expect(city.catalogue.datastreams.find('library/energy')?.undeclared).toBe(false)
    expect(city.catalogue.things.find('clinic')).toBeUndefined()
    const reasons = city.catalogue.quarantine.list().map(({ reason }) => reason)
    expect(reasons).toHaveLength(5)
    expect(reasons.join('\n')).toMatch(
      /things\/0: "clinic" is not the device's building[^]*datastreams\/1: .*apples[^]*datastreams\/2[^]*datastreams\/3/,
    )
  })

  it('never give kept readings another unit: a birth that would is quarantined, and its rest is taken', async () => {
    await using city = await brokerUnderTest()
    const device = await city.client('meter-1', city.device('meter-1'))
    await device.publishAsync(TOPIC, pack({ n: 'library/noise', t: at, u: 'dB', v: 40 }), { qos: 1 })
    const birth = (...datastreams: object[]) =>
      device.publishAsync('nadi/v1/meter-1/birth', JSON.stringify({ datastreams }), { qos: 1 })
    await birth(
      { name: 'library/noise', unit: 'Pa', intervalSeconds: 60 },
      { name: 'library/energy', unit: 'Wh' },
      { name: 'library/mood', unit: 'smiles' },
      { name: 'library/mood', unit: 'frowns' },
    )
    const { datastreams, quarantine } = city.catalogue
    expect(datastreams.find('library/noise')).toMatchObject({ unit: 'dB', intervalSeconds: null })
    expect(datastreams.find('library/energy')).toMatchObject({ unit: 'kWh', undeclared: false })
    expect(datastreams.find('library/mood')).toMatchObject({ unit: 'smiles', undeclared: false })
    expect(quarantine.list().map(({ reason }) => reason)).toEqual([
      'datastreams/0: "Pa" is not the unit "dB" that noise of this Datastream is kept in',
      'datastreams/3: "frowns" is not the unit "smiles" that mood of this Datastream is kept in',
    ])
    await birth({ name: 'library/noise', unit: 'dB', intervalSeconds: 60 }, { name: 'library/mood' })
    expect(datastreams.find('library/noise')).toMatchObject({ unit: 'dB', intervalSeconds: 60 })
    expect(datastreams.find('library/mood')).toMatchObject({ unit: 'smiles' })
  })

  it.each([
    ['another', 'Pa', 40],
    ['no', undefined, 40],
  ])(
    'find the unit of a reading that came in the same moment before them, and say %s',
    async (_, unit, value) => {
      await using city = await brokerUnderTest()
      const raw = await rawClient(city.broker.port)
      raw.send(connectPacket('meter-1', city.device('meter-1')))
      await raw.next('connack')
      const birth = { datastreams: [{ name: 'library/noise', unit, intervalSeconds: 60 }] }
      // In one write, so that the broker reads both in one turn.
      raw.socket.write(
        Buffer.concat([
          generate(publishPacket(TOPIC, pack({ n: 'library/noise', t: at, u: 'dB', v: value }), 1)),
          generate(publishPacket('nadi/v1/meter-1/birth', JSON.stringify(birth), 2)),
        ]),
      )
      await until(() => raw.received.filter(({ cmd }) => cmd === 'puback').length === 2)
      expect(city.catalogue.datastreams.find('library/noise')).toMatchObject({
        unit: 'dB',
        intervalSeconds: unit === undefined ? 60 : null,
      })
      expect(await city.samples('library/noise')).toEqual([{ timeMs: at * 1000, value }])
      expect(city.catalogue.quarantine.list()).toHaveLength(unit === undefined ? 0 : 1)
      raw.socket.destroy()
    },
  )

  it('settle the unit of a reading that comes in the same moment after them', async () => {
    await using city = await brokerUnderTest()
    const raw = await rawClient(city.broker.port)
    raw.send(connectPacket('meter-1', city.device('meter-1')))
    await raw.next('connack')
    const birth = JSON.stringify({ datastreams: [{ name: 'library/noise', unit: 'Pa' }] })
    raw.socket.write(
      Buffer.concat([
        generate(publishPacket('nadi/v1/meter-1/birth', birth, 1)),
        generate(publishPacket(TOPIC, pack({ n: 'library/noise', t: at, u: 'dB', v: 40 }), 2)),
      ]),
    )
    await until(() => raw.received.filter(({ cmd }) => cmd === 'puback').length === 2)
    expect(city.catalogue.datastreams.find('library/noise')).toMatchObject({ unit: 'Pa', undeclared: false })
    expect(await city.samples('library/noise')).toEqual([])
    expect(city.catalogue.quarantine.list()).toHaveLength(1)
    raw.socket.destroy()
  })

  it('tell offline by the last will when the connection breaks', async () => {
    await using city = await brokerUnderTest()
    const topic = 'nadi/v1/meter-1/status'
    const device = await city.client('meter-1', city.device('meter-1'), {
      will: { topic, payload: Buffer.from('offline'), qos: 1, retain: true },
    })
    await device.publishAsync(topic, 'online', { qos: 1, retain: true })
    const { id, key } = city.catalogue.keys.add('operator', 'listens')
    const operator = await city.client(id, key)
    const heard: string[] = []
    operator.on('message', (_topic, payload) => heard.push(payload.toString()))
    await operator.subscribeAsync(topic, { qos: 1 })
    await until(() => heard.includes('online'))
    device.stream.destroy()
    await until(() => heard.includes('offline'))
    expect(city.catalogue.devices.find('meter-1')?.status).toBe('offline')
  })

  it('are retained by the next broker as the last one did: a birth byte by byte, until it is cleared', async () => {
    await using city = await brokerUnderTest()
    const device = await city.client('meter-1', city.device('meter-1'))
    const birth = JSON.stringify({
      datastreams: [{ name: 'library/floor-1/co2', unit: 'ppm' }],
      made: 'by hand',
    })
    const topic = 'nadi/v1/meter-1/birth'
    await device.publishAsync(topic, birth, { qos: 1, retain: true })
    expect(await retainedByNext(city, topic)).toBe(birth)
    await device.publishAsync(topic, JSON.stringify({ datastreams: [] }), { qos: 1 })
    expect(await retainedByNext(city, topic)).toBe(birth)
    await device.publishAsync(topic, '', { qos: 1, retain: true })
    expect(await retainedByNext(city, topic)).toBe(undefined)
  })

  it('of a device that was online when the broker ended say offline once it starts again', async () => {
    await using city = await brokerUnderTest()
    city.device('meter-1')
    city.catalogue.devices.setStatus('meter-1', 'online', 1)
    const { catalogue, intake, observations } = city
    await using again = await createBroker({
      catalogue,
      intake,
      observations,
      log,
      host: '127.0.0.1',
      port: 0,
      now: Date.now,
    })
    expect(catalogue.devices.find('meter-1')?.status).toBe('offline')
    const { id, key } = catalogue.keys.add('operator', 'listens')
    const operator = await mqtt.connectAsync(`mqtt://127.0.0.1:${again.port}`, {
      username: id,
      password: key,
      clientId: id,
    })
    const heard: string[] = []
    operator.on('message', (_topic, payload) => heard.push(payload.toString()))
    await operator.subscribeAsync('nadi/v1/meter-1/status')
    await until(() => heard.includes('offline'))
    await operator.endAsync()
  })
})

/** What a broker that is started over the same catalogue retains on a topic. */
const retainedByNext = async (city: BrokerUnderTest, topic: string): Promise<string | undefined> => {
  const { catalogue, intake, observations } = city
  const parts = { catalogue, intake, observations, log, host: '127.0.0.1', port: 0, now: Date.now }
  await using next = await createBroker(parts)
  const { id, key } = catalogue.keys.add('operator', 'listens')
  const url = `mqtt://127.0.0.1:${next.port}`
  const operator = await mqtt.connectAsync(url, { username: id, password: key, clientId: id })
  const heard = new Map<string, string>()
  operator.on('message', (topic, payload) => heard.set(topic, payload.toString()))
  await operator.subscribeAsync(topic)
  // What comes after SUBACK in order is here once the marker is.
  await next.publish({ topic: 'nadi/v1/alarms/library', payload: 'marker', retain: true })
  await operator.subscribeAsync('nadi/v1/alarms/library')
  await until(() => heard.has('nadi/v1/alarms/library'))
  await operator.endAsync()
  return heard.get(topic)
}
