import { describe, expect, it } from 'vitest'
import { createLiveTopics, mayMatchDatastreams } from '../../broker/liveTopics.ts'
import { until } from '../support/until.ts'
import { brokerUnderTest } from './support.ts'

const reading = (datastreamId: number, timeMs: number, value = timeMs) => ({
  datastream: `library/d${datastreamId}`,
  datastreamId,
  timeMs,
  value,
})

describe('Live topics', () => {
  const listening = () => {
    let nowMs = 1_000_000
    const sent: string[] = []
    const live = createLiveTopics({
      now: () => nowMs,
      // The clock of the test goes by itself, the timer asks it a thousand times a second.
      intervalMs: 10,
      send: (topic, { timeMs }) => sent.push(`${/\d+(?=\))/.exec(topic)?.[0]} at ${timeMs}`),
    })
    return {
      live,
      sent,
      pass: (ms: number) => {
        nowMs += ms
      },
    }
  }
  const connection = {}

  it('send nothing while nobody subscribes', () => {
    const { live, sent } = listening()
    live.committed([reading(1, 1)])
    live.subscribed(connection, 'v1.1/Datastreams(2)/Observations')
    live.committed([reading(1, 2)])
    live.unsubscribed(connection, 'v1.1/Datastreams(2)/Observations')
    live.committed([reading(2, 3)])
    expect(sent).toEqual([])
  })

  it('send the first reading at once and then the newest, once an interval', async () => {
    const { live, sent, pass } = listening()
    live.subscribed(connection, 'v1.1/Datastreams(1)/Observations')
    live.committed([reading(1, 1)])
    for (const timeMs of [2, 4, 3]) live.committed([reading(1, timeMs)])
    expect(sent).toEqual(['1 at 1'])
    pass(9)
    live.committed([reading(1, 3)])
    expect(sent).toEqual(['1 at 1'])
    pass(1)
    await until(() => sent.length === 2)
    expect(sent).toEqual(['1 at 1', '1 at 4'])
    live.close()
  })

  it('send one reading of a pack that holds many of a Datastream', () => {
    const { live, sent } = listening()
    live.subscribed(connection, 'v1.1/+/Observations')
    live.committed([reading(1, 1), reading(2, 5), reading(1, 3), reading(1, 2)])
    expect(sent.sort()).toEqual(['1 at 3', '2 at 5'])
  })

  it('count subscribers: the last one to go ends the updates', () => {
    const { live, sent, pass } = listening()
    const other = {}
    live.subscribed(connection, 'v1.1/Datastreams(1)/Observations')
    live.subscribed(connection, 'v1.1/Datastreams(1)/Observations')
    live.subscribed(other, 'v1.1/#')
    live.gone(connection)
    live.committed([reading(1, 1)])
    expect(sent).toHaveLength(1)
    live.gone(other)
    pass(10)
    live.committed([reading(1, 2)])
    expect(sent).toHaveLength(1)
  })

  it('do not fall silent when the clock is set back', () => {
    const { live, sent, pass } = listening()
    live.subscribed(connection, 'v1.1/#')
    live.committed([reading(1, 1)])
    pass(-3_600_000)
    live.committed([reading(1, 2)])
    expect(sent).toEqual(['1 at 1', '1 at 2'])
  })

  it.each([
    ['#', true],
    ['v1.1/#', true],
    ['v1.1/+/#', true],
    ['v1.1/+/Observations', true],
    ['+/+/+', true],
    ['v1.1/+/Observations/#', true],
    ['v1.1/+', false],
    ['+/+/+/+', false],
    ['nadi/#', false],
    ['v1.1/+/Else', false],
  ])('know whether %s matches a Datastream: %s', (filter, expected) => {
    expect(mayMatchDatastreams(filter)).toBe(expected)
  })
})

describe('A subscriber to a Datastream', () => {
  const pack = (value: number, second: number): string =>
    JSON.stringify([{ n: 'library/temperature', t: 1_760_000_000 + second, v: value }])

  it('gets the latest from the store, then what is committed', async () => {
    await using city = await brokerUnderTest()
    const device = await city.client('gate-1', city.device('gate-1'))
    await device.publishAsync('nadi/v1/gate-1/observations', pack(21, 0), { qos: 1 })
    const { id, key } = city.catalogue.keys.add('citizen', 'app')
    const citizen = await city.client(id, key)
    const heard: { topic: string; retain: boolean; body: unknown }[] = []
    citizen.on('message', (topic, payload, { retain }) =>
      heard.push({ topic, retain, body: JSON.parse(payload.toString()) }),
    )
    await citizen.subscribeAsync('v1.1/Datastreams(1)/Observations', { qos: 1 })
    await until(() => heard.length === 1)
    await device.publishAsync('nadi/v1/gate-1/observations', pack(22, 1), { qos: 1 })
    await until(() => heard.length === 2)
    const topic = 'v1.1/Datastreams(1)/Observations'
    const body = {
      phenomenonTime: '2025-10-09T08:53:20.000Z',
      result: 21,
      Datastream: { '@iot.id': 1, name: 'library/temperature' },
    }
    expect(heard).toMatchObject([
      { topic, retain: true, body },
      { topic, retain: false, body: { ...body, phenomenonTime: '2025-10-09T08:53:21.000Z', result: 22 } },
    ])
  })

  it('gets through a wildcard only what its role may read', async () => {
    await using city = await brokerUnderTest()
    const device = await city.client('gate-1', city.device('gate-1'))
    const { id, key } = city.catalogue.keys.add('citizen', 'app')
    const citizen = await city.client(id, key)
    const names = new Set<string>()
    citizen.on('message', (_topic, payload) => names.add(JSON.parse(payload.toString()).Datastream.name))
    const records = ['occupancy', 'floor-1/co2', 'floor-1/temperature', 'energy'].map((n, i) => ({
      ...(i === 0 && { bn: 'library/', bt: 1_760_000_000 }),
      n,
      v: 20,
    }))
    await citizen.subscribeAsync('v1.1/+/Observations')
    await device.publishAsync('nadi/v1/gate-1/observations', JSON.stringify(records), { qos: 1 })
    await until(() => names.size >= 2)
    const late = await city.client(id, key, { clientId: `${id}:late` })
    late.on('message', (_topic, payload) =>
      names.add(`latest ${JSON.parse(payload.toString()).Datastream.name}`),
    )
    await late.subscribeAsync('v1.1/#')
    await until(() => names.size >= 4)
    const readable = ['library/energy', 'library/floor-1/temperature']
    expect([...names].sort()).toEqual([...readable.map((name) => `latest ${name}`), ...readable].sort())
  })

  it('that does not read does not hold up the others', async () => {
    await using city = await brokerUnderTest()
    const { id, key } = city.catalogue.keys.add('operator', 'stuck')
    const stuck = await city.client(id, key, { clientId: `${id}:stuck` })
    await stuck.subscribeAsync('nadi/v1/alarms/+', { qos: 1 })
    stuck.stream.pause()
    const reads = await city.client(id, key, { clientId: `${id}:reads` })
    let count = 0
    reads.on('message', () => {
      count += 1
    })
    await reads.subscribeAsync('nadi/v1/alarms/+', { qos: 1 })
    const payload = 'x'.repeat(50_000)
    for (let i = 0; i < 200; i += 1) {
      void city.broker.publish({ topic: 'nadi/v1/alarms/library', payload }).catch(() => undefined)
      if (i % 10 === 0) await until(() => count >= i - 10)
    }
    await until(() => count === 200)
  })
})
