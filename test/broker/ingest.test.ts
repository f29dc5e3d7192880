import { describe, expect, it } from 'vitest'
import { NadiError } from '../../city/errors.ts'
import type { ObservationStore } from '../../store/observations.ts'
import { until } from '../support/until.ts'
import { brokerUnderTest, connectPacket, publishPacket, rawClient } from './support.ts'

const TOPIC = 'nadi/v1/meter-1/observations'
const pack = (...records: unknown[]): string => JSON.stringify(records)
const at = 1_760_000_000
const reading = (value: number, t = at): string => pack({ n: 'library/temperature', t, v: value })

describe('A pack of observations', () => {
  it('is stored in the property’s own unit before it is acknowledged', async () => {
    await using city = await brokerUnderTest()
    const client = await city.client('meter-1', city.device('meter-1'))
    await client.publishAsync(
      TOPIC,
      pack(
        { bn: 'library/', bt: at, n: 'energy', u: 'Wh', v: 1001 },
        { n: 'floor-1/temperature', u: 'K', v: 300.15, t: 1.5 },
        { n: 'floor-1/presence', vb: true },
      ),
      { qos: 1 },
    )
    expect(await city.samples('library/energy')).toEqual([{ timeMs: at * 1000, value: 1.001 }])
    expect(await city.samples('library/floor-1/temperature')).toEqual([
      { timeMs: at * 1000 + 1500, value: 27 },
    ])
    expect(await city.samples('library/floor-1/presence')).toEqual([{ timeMs: at * 1000, value: 1 }])
    expect(city.catalogue.datastreams.find('library/energy')?.undeclared).toBe(true)
  })

  it('is stored once however often it is sent', async () => {
    await using city = await brokerUnderTest()
    const client = await city.client('meter-1', city.device('meter-1'))
    for (let i = 0; i < 3; i += 1) await client.publishAsync(TOPIC, reading(21), { qos: 1 })
    expect(await city.samples('library/temperature')).toEqual([{ timeMs: at * 1000, value: 21 }])
  })

  it('that is the first of its Datastream settles the unit, for what comes in the same moment too', async () => {
    await using city = await brokerUnderTest()
    const client = await city.client('meter-1', city.device('meter-1'))
    const noise = (u: string, v: number) => ({ n: 'library/noise', t: at + v, u, v })
    await Promise.all([
      client.publishAsync(TOPIC, pack(noise('dB', 40), noise('Pa', 2)), { qos: 1 }),
      client.publishAsync(TOPIC, pack(noise('Pa', 3)), { qos: 1 }),
    ])
    expect(await city.samples('library/noise')).toEqual([{ timeMs: (at + 40) * 1000, value: 40 }])
    const reason = '"Pa" is not the unit "dB" that noise of this Datastream is kept in'
    expect(city.catalogue.quarantine.list().map((it) => it.reason)).toEqual([reason, reason])
  })

  it('takes its arrival for the time when it states none', async () => {
    await using city = await brokerUnderTest({ now: () => at * 1000 })
    const client = await city.client('meter-1', city.device('meter-1'))
    await client.publishAsync(TOPIC, pack({ n: 'library/temperature', v: 21 }), { qos: 1 })
    expect(await city.samples('library/temperature')).toEqual([{ timeMs: at * 1000, value: 21 }])
  })

  it.each([0, 2] as const)('is stored at QoS %d too', async (qos) => {
    await using city = await brokerUnderTest()
    const client = await city.client('meter-1', city.device('meter-1'))
    await client.publishAsync(TOPIC, reading(21), { qos })
    await until(async () => (await city.samples('library/temperature')).length === 1)
  })

  it('is acknowledged only once it is committed', async () => {
    let commit = (): void => undefined
    const held = new Promise<void>((resolve) => {
      commit = resolve
    })
    let appended = false
    await using city = await brokerUnderTest({
      wrap: (store): ObservationStore => ({
        ...store,
        async append(points) {
          appended = true
          await held
          await store.append(points)
        },
      }),
    })
    const raw = await rawClient(city.broker.port)
    raw.send(connectPacket('meter-1', city.device('meter-1')))
    await raw.next('connack')
    raw.send(publishPacket(TOPIC, reading(21)))
    await until(() => appended)
    // What was sent later is answered meanwhile: the broker is not stuck, it waits for the commit.
    raw.send({
      cmd: 'subscribe',
      messageId: 7,
      subscriptions: [{ topic: 'nadi/v1/meter-1/commands/+', qos: 0 }],
    })
    await raw.next('suback')
    expect(raw.received.map(({ cmd }) => cmd)).not.toContain('puback')
    commit()
    expect(await raw.next('puback')).toMatchObject({ messageId: 1 })
    expect(await city.samples('library/temperature')).toHaveLength(1)
    raw.socket.destroy()
  })

  it('is not acknowledged, and the connection ends, when the store cannot commit', async () => {
    let failing = true
    await using city = await brokerUnderTest({
      wrap: (store): ObservationStore => ({
        ...store,
        append: (points) =>
          failing
            ? Promise.reject(new NadiError('store-unavailable', 'The disk is full.'))
            : store.append(points),
      }),
    })
    const password = city.device('meter-1')
    const first = await rawClient(city.broker.port)
    first.send(connectPacket('meter-1', password))
    await first.next('connack')
    first.send(publishPacket(TOPIC, reading(21)))
    await until(() => first.isClosed())
    expect(first.received.map(({ cmd }) => cmd)).toEqual(['connack'])
    expect(city.broker.counts().observations).toBe(0)

    failing = false
    const second = await rawClient(city.broker.port)
    second.send(connectPacket('meter-1', password))
    second.send(publishPacket(TOPIC, reading(21)))
    await second.next('puback')
    expect(await city.samples('library/temperature')).toHaveLength(1)
    expect(city.broker.counts()).toMatchObject({ packs: 2, observations: 1 })
    second.socket.destroy()
  })

  it('that holds nothing right is not acknowledged either while the store takes nothing, however long ago that showed', async () => {
    let failing = true
    let nowMs = at * 1000
    await using city = await brokerUnderTest({
      now: () => nowMs,
      wrap: (store): ObservationStore => ({
        ...store,
        append: (points) =>
          failing
            ? Promise.reject(new NadiError('store-unavailable', 'The server is away.'))
            : store.append(points),
      }),
    })
    const password = city.device('meter-1')
    const tooLate = JSON.stringify([{ n: 'library/temperature', t: Date.UTC(2200, 0, 1) / 1000, v: 1 }])
    const mixed = JSON.stringify([...JSON.parse(reading(22, at + 1)), ...JSON.parse(tooLate)])
    const connected = async () => {
      const client = await rawClient(city.broker.port)
      client.send(connectPacket('meter-1', password))
      await client.next('connack')
      return client
    }
    for (const payload of [reading(21), tooLate, mixed, tooLate]) {
      const client = await connected()
      client.send(publishPacket(TOPIC, payload))
      await until(() => client.isClosed())
      expect(client.received.map(({ cmd }) => cmd)).toEqual(['connack'])
      nowMs += 3_600_000
    }
    expect(city.catalogue.quarantine.list()).toEqual([])

    failing = false
    const last = await connected()
    last.send(publishPacket(TOPIC, tooLate))
    await last.next('puback')
    last.send(publishPacket(TOPIC, mixed))
    await until(() => last.received.filter(({ cmd }) => cmd === 'puback').length === 2)
    expect(city.broker.counts()).toMatchObject({ observations: 1, quarantined: 2 })
    last.socket.destroy()
  })

  it('is not routed to those who listen to everything', async () => {
    await using city = await brokerUnderTest()
    const { id, key } = city.catalogue.keys.add('operator', 'listens')
    const listener = await city.client(id, key)
    const topics: string[] = []
    listener.on('message', (topic) => topics.push(topic))
    await listener.subscribeAsync('#')
    const client = await city.client('meter-1', city.device('meter-1'))
    await client.publishAsync(TOPIC, reading(21), { qos: 1 })
    await client.publishAsync('nadi/v1/meter-1/status', 'online', { qos: 1, retain: true })
    await until(() => topics.includes('nadi/v1/meter-1/status'))
    expect(topics.sort()).toEqual(['nadi/v1/meter-1/status', 'v1.1/Datastreams(1)/Observations'])
  })
})
