import { describe, expect, it } from 'vitest'
import { until } from '../support/until.ts'
import { brokerUnderTest } from './support.ts'

const pack = (name: string): string => JSON.stringify([{ n: name, t: 1_760_000_000, v: 21 }])

describe('A forbidden publish', () => {
  it.each([
    'nadi/v1/gate-2/observations',
    'nadi/v1/gate-2/status',
    'nadi/v1/gate-1/commands/c1',
    'nadi/v1/alarms/library',
    'v1.1/Datastreams(1)/Observations',
    '$SYS/anything',
    'anything',
  ])('on %s is acknowledged, neither stored nor routed nor retained, and counted', async (topic) => {
    await using city = await brokerUnderTest()
    const { id, key } = city.catalogue.keys.add('operator', 'listens')
    const operator = await city.client(id, key)
    const heard: string[] = []
    operator.on('message', (topic) => heard.push(topic))
    await operator.subscribeAsync(['#', 'nadi/v1/+/#'], { qos: 1 })
    const device = await city.client('gate-1', city.device('gate-1'))
    for (const retain of [false, true]) {
      await device.publishAsync(topic, pack('library/temperature'), { qos: 1, retain })
    }
    await device.publishAsync('nadi/v1/gate-1/status', 'online', { qos: 1 })
    await until(() => heard.length > 0)
    const late = await city.client(id, key, { clientId: `${id}:late` })
    late.on('message', (topic) => heard.push(`retained ${topic}`))
    await late.subscribeAsync('#')
    await device.publishAsync('nadi/v1/gate-1/status', 'offline', { qos: 1 })
    await until(() => heard.includes('retained nadi/v1/gate-1/status'))
    expect(new Set(heard)).toEqual(new Set(['nadi/v1/gate-1/status', 'retained nadi/v1/gate-1/status']))
    expect(city.catalogue.devices.find('gate-1')?.forbiddenCount).toBe(2)
    expect(city.broker.counts().forbidden).toBe(2)
    expect(await city.samples('library/temperature')).toEqual([])
    expect(device.connected).toBe(true)
  })

  it('of a key is acknowledged and goes nowhere', async () => {
    await using city = await brokerUnderTest()
    const { id, key } = city.catalogue.keys.add('administrator', 'reads')
    const reader = await city.client(id, key)
    await reader.publishAsync('nadi/v1/gate-1/observations', pack('library/temperature'), { qos: 1 })
    await reader.publishAsync('nadi/v1/gate-1/commands/c1', '{}', { qos: 2 })
    expect(city.broker.counts().forbidden).toBe(2)
    expect(await city.samples('library/temperature')).toEqual([])
  })

  it('as a last will goes nowhere', async () => {
    await using city = await brokerUnderTest()
    const device = await city.client('gate-1', city.device('gate-1'), {
      will: { topic: 'nadi/v1/gate-2/status', payload: Buffer.from('offline'), qos: 1, retain: true },
    })
    city.device('gate-2')
    device.stream.destroy()
    await until(() => city.broker.counts().forbidden === 1)
    expect(city.catalogue.devices.find('gate-2')?.status).toBe('never')
  })

  it('of a foreign building is acknowledged, counted and quarantined; what is its own is stored', async () => {
    await using city = await brokerUnderTest()
    const device = await city.client('gate-1', city.device('gate-1'))
    const records = [
      { bt: 1_760_000_000, n: 'library/temperature', v: 21 },
      { n: 'clinic/temperature', v: 22 },
    ]
    await device.publishAsync('nadi/v1/gate-1/observations', JSON.stringify(records), { qos: 1 })
    expect(await city.samples('library/temperature')).toHaveLength(1)
    expect(await city.samples('clinic/temperature')).toEqual([])
    expect(city.catalogue.things.find('clinic')).toBeUndefined()
    expect(city.catalogue.devices.find('gate-1')?.forbiddenCount).toBe(1)
    expect(city.catalogue.quarantine.list()).toMatchObject([
      { device: 'gate-1', reason: expect.stringMatching(/not the sender's/) },
    ])
  })
})

describe('The audit log', () => {
  it('tells of each sender’s forbidden publishes a few times an hour, whatever topics it makes up', async () => {
    await using city = await brokerUnderTest()
    const { id, key } = city.catalogue.keys.add('operator', 'reads')
    const reader = await city.client(id, key)
    const device = await city.client('gate-1', city.device('gate-1'))
    for (let i = 0; i < 9; i += 1) {
      await device.publishAsync(`nadi/v1/gate-2/made-up-${i}`, pack('library/temperature'), { qos: 1 })
    }
    await reader.publishAsync('nadi/v1/gate-1/observations', pack('library/temperature'), { qos: 1 })
    await device.publishAsync('nadi/v1/gate-1/observations', pack('clinic/temperature'), { qos: 1 })
    const written = city.catalogue.audit.list({ action: 'publish.forbidden' })
    expect(written.map(({ actor, detail }) => [actor, detail.count])).toEqual([
      [{ kind: 'device', id: 'gate-1' }, undefined],
      [{ kind: 'device', id: 'gate-1' }, 2],
      [{ kind: 'device', id: 'gate-1' }, 4],
      [{ kind: 'device', id: 'gate-1' }, 8],
      [{ kind: 'key', id }, undefined],
    ])
  })

  it('tells of subscriptions by which exact numbers leave, before they begin', async () => {
    await using city = await brokerUnderTest()
    const device = await city.client('gate-1', city.device('gate-1'))
    const packs = ['library/occupancy', 'library/temperature'].map((name) => ({ n: name, v: 21 }))
    await device.publishAsync('nadi/v1/gate-1/observations', JSON.stringify(packs), { qos: 1 })
    const topicOf = (path: string) =>
      `v1.1/Datastreams(${city.catalogue.datastreams.find(path)?.id})/Observations`
    const subscribe = async (role: 'citizen' | 'operator', filter: string) => {
      const { id, key } = city.catalogue.keys.add(role, 'reads')
      const reader = await city.client(id, key)
      await reader.subscribeAsync(filter)
      return id
    }
    await subscribe('citizen', 'v1.1/+/Observations')
    await subscribe('operator', topicOf('library/temperature'))
    await subscribe('operator', 'nadi/v1/+/status')
    const one = await subscribe('operator', topicOf('library/occupancy'))
    const all = await subscribe('operator', '#')
    const written = city.catalogue.audit.list({ action: 'access' })
    expect(written.map(({ actor, action, subject }) => [actor.id, action, subject])).toEqual([
      [one, 'access.mqtt', 'library/occupancy'],
      [all, 'access.mqtt', '#'],
    ])
  })
})

describe('A subscription', () => {
  it.each([
    '#',
    '+/v1/#',
    '$SYS/#',
    '$share/g/nadi/v1/+/status',
    'nadi/v1/+/commands/+',
    'nadi/v1/gate-2/commands/+',
  ])('of a device to %s is refused', async (filter) => {
    await using city = await brokerUnderTest()
    const device = await city.client('gate-1', city.device('gate-1'))
    await expect(device.subscribeAsync(filter)).rejects.toThrow(/unspecified error/i)
    expect(device.connected).toBe(true)
  })

  it('of a device to its commands gets them, and its answers reach the operators', async () => {
    await using city = await brokerUnderTest()
    const device = await city.client('gate-1', city.device('gate-1'))
    const { id, key } = city.catalogue.keys.add('operator', 'listens')
    const operator = await city.client(id, key)
    const heard: string[] = []
    operator.on('message', (topic, payload) => heard.push(`${topic} ${payload.toString()}`))
    device.on('message', (topic) => {
      device.publish(`${topic}/result`, JSON.stringify({ status: 'done' }), { qos: 1, retain: true })
    })
    await operator.subscribeAsync('nadi/v1/+/commands/+/result', { qos: 1 })
    await device.subscribeAsync('nadi/v1/gate-1/commands/+', { qos: 1 })
    await city.broker.publish({
      topic: 'nadi/v1/gate-1/commands/c1',
      payload: '{"target": "library/setpoint"}',
    })
    await until(() => heard.length > 0)
    expect(heard).toEqual(['nadi/v1/gate-1/commands/c1/result {"status":"done"}'])
  })
})
