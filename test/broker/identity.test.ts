import mqtt from 'mqtt'
import { describe, expect, it } from 'vitest'
import { until } from '../support/until.ts'
import { brokerUnderTest, connectPacket, rawClient, publishPacket } from './support.ts'

describe('Connecting', () => {
  it('is refused without a name, with a wrong password and under another one’s name', async () => {
    await using city = await brokerUnderTest()
    const password = city.device('gate-1')
    const other = city.device('gate-2')
    await expect(mqtt.connectAsync(city.url, { reconnectPeriod: 0 })).rejects.toThrow(/not authorized/i)
    await expect(city.client('gate-1', 'guess')).rejects.toThrow(/bad username or password/i)
    await expect(city.client('gate-1', other)).rejects.toThrow(/bad username or password/i)
    await expect(city.client('nobody', password)).rejects.toThrow(/bad username or password/i)
  })

  it('takes client ids that begin with the user name, and assigns one to who states none', async () => {
    await using city = await brokerUnderTest()
    const password = city.device('gate-1')
    for (const clientId of ['gate-1', 'gate-1:a', '']) {
      const client = await city.client('gate-1', password, { clientId })
      expect(client.connected).toBe(true)
    }
    for (const clientId of ['gate-2', 'gate-10', 'gate', 'gate-1a']) {
      await expect(city.client('gate-1', password, { clientId })).rejects.toThrow(/identifier rejected/i)
    }
  })

  it('does not end another device’s session', async () => {
    await using city = await brokerUnderTest()
    const mine = await city.client('gate-1', city.device('gate-1'))
    let closed = false
    mine.on('close', () => {
      closed = true
    })
    const password = city.device('gate-2')
    await expect(city.client('gate-2', password, { clientId: 'gate-1' })).rejects.toThrow()
    await expect(city.client('gate-2', password, { clientId: 'gate-1:x' })).rejects.toThrow()
    await mine.publishAsync('nadi/v1/gate-1/status', 'online', { qos: 1 })
    expect(closed).toBe(false)
  })

  it('takes over its own session: the older connection ends', async () => {
    await using city = await brokerUnderTest()
    const password = city.device('gate-1')
    const older = await rawClient(city.broker.port)
    older.send(connectPacket('gate-1', password))
    await older.next('connack')
    await city.client('gate-1', password)
    await until(() => older.isClosed())
  })

  it('ends when the device is revoked, also once it was added anew', async () => {
    await using city = await brokerUnderTest()
    const client = await rawClient(city.broker.port)
    client.send(connectPacket('gate-1', city.device('gate-1')))
    await client.next('connack')
    city.catalogue.devices.revoke('gate-1')
    await until(() => client.isClosed())

    const again = await rawClient(city.broker.port)
    const password = city.device('gate-1')
    again.send(connectPacket('gate-1', password))
    await again.next('connack')
    expect(again.isClosed()).toBe(false)
    again.socket.destroy()
  })

  it.each([
    ['nadi/v1/gate-1/birth', JSON.stringify({ datastreams: [{ name: 'library/co2' }] })],
    ['nadi/v1/gate-1/status', 'online'],
    ['nadi/v1/gate-1/commands/c1/result', '{"status":"done"}'],
    ['nadi/v1/gate-1/observations', JSON.stringify([{ n: 'library/co2', v: 400 }])],
  ])('that was revoked can say nothing more on %s from that moment on', async (topic, payload) => {
    await using city = await brokerUnderTest()
    const client = await rawClient(city.broker.port)
    client.send(connectPacket('gate-1', city.device('gate-1')))
    await client.next('connack')
    city.catalogue.devices.revoke('gate-1')
    client.send(publishPacket(topic, payload))
    await until(() => client.isClosed())
    expect(client.received.map(({ cmd }) => cmd)).toEqual(['connack'])
    expect(city.catalogue.datastreams.list()).toEqual([])
    expect(city.catalogue.devices.find('gate-1')?.status).toBe('never')
  })

  it('that was revoked is still told to be gone by its last will', async () => {
    await using city = await brokerUnderTest()
    const topic = 'nadi/v1/gate-1/status'
    const device = await city.client('gate-1', city.device('gate-1'), {
      will: { topic, payload: Buffer.from('offline'), qos: 1, retain: true },
    })
    await device.publishAsync(topic, 'online', { qos: 1, retain: true })
    city.catalogue.devices.revoke('gate-1')
    await until(() => city.catalogue.devices.find('gate-1')?.status === 'offline')
  })

  it('of a key ends when the key is revoked', async () => {
    await using city = await brokerUnderTest()
    const { id, key } = city.catalogue.keys.add('operator', 'flows')
    const client = await rawClient(city.broker.port)
    client.send(connectPacket(id, key))
    expect(await client.next('connack')).toMatchObject({ returnCode: 0 })
    city.catalogue.keys.revoke(id)
    await until(() => client.isClosed())
    await expect(city.client(id, key)).rejects.toThrow(/bad username or password/i)
  })

  it('with a key’s id and another key is refused', async () => {
    await using city = await brokerUnderTest()
    const one = city.catalogue.keys.add('operator', 'one')
    const two = city.catalogue.keys.add('citizen', 'two')
    await expect(city.client(one.id, two.key)).rejects.toThrow(/bad username or password/i)
  })

  it('lets a key’s holder name the client as it likes, in a session of its own', async () => {
    await using city = await brokerUnderTest()
    const device = await city.client('gate-1', city.device('gate-1'))
    const { id, key } = city.catalogue.keys.add('operator', 'flows')
    for (const clientId of ['nodered_1', 'gate-1']) {
      const reader = await city.client(id, key, { clientId })
      await reader.subscribeAsync('nadi/v1/+/status')
    }
    await device.publishAsync('nadi/v1/gate-1/status', 'online', { qos: 1 })
    expect(device.connected).toBe(true)
  })

  it('keeps only so many sessions of one identity', async () => {
    await using city = await brokerUnderTest()
    const password = city.device('gate-1')
    const connect = (i: number, clean: boolean) =>
      city.client('gate-1', password, { clientId: `gate-1:${i}`, clean })
    for (let i = 0; i < 16; i += 1) await connect(i, false)
    await expect(connect(16, false)).rejects.toThrow(/identifier rejected/i)
    await connect(17, true)
    await connect(3, true)
    await connect(16, false)
  })

  it('is refused from an address that has too many connections already', async () => {
    await using city = await brokerUnderTest({ limits: { maxConnectionsPerAddress: 2 } })
    const password = city.device('gate-1')
    await city.client('gate-1', password, { clientId: 'gate-1:a' })
    await city.client('gate-1', password, { clientId: 'gate-1:b' })
    const third = await rawClient(city.broker.port)
    await until(() => third.isClosed())
  })
})
