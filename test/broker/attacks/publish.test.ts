import { describe, expect, it } from 'vitest'
import { until } from '../../support/until.ts'
import { publish } from '../conformance/peer.ts'
import { brokerUnderTest } from '../support.ts'
import { BUILDINGS, heardBy, principals, type Principal } from './principals.ts'

/** Every topic of the contract for everybody, and what somebody might try beside it. */
const TOPICS: readonly string[] = [
  ...['a1', 'a2', 'b1', 'a', 'nobody', 'alarms'].flatMap((device) =>
    ['observations', 'birth', 'status', 'commands/c1', 'commands/c1/result'].map(
      (branch) => `nadi/v1/${device}/${branch}`,
    ),
  ),
  ...BUILDINGS.map((building) => `nadi/v1/alarms/${building}`),
  ...[1, 2, 99].map((id) => `v1.1/Datastreams(${id})/Observations`),
  'nadi/v1/a1/observations/more',
  'nadi/v1/a1/Observations',
  'nadi/v1/a1/observations ',
  'nadi/v1/A1/observations',
  'nadi/v1/a1//status',
  'nadi/v1/a1/commands',
  'nadi/v1/a1/commands//result',
  'nadi/v1/a1/commands/c1/result/more',
  'nadi/v1/a1/commands/c 1/result',
  '/nadi/v1/a1/status',
  'nadi/v1/../a1/status',
  'nadi/v2/a1/status',
  'nadi/v1/a1',
  'nadi',
  '$SYS/broker/clients',
  '$share/g/nadi/v1/a1/status',
  '$nadi/none',
  '/'.repeat(300),
  `nadi/v1/a1/${'x'.repeat(60_000)}`,
]

/** The contract: a device publishes on its own four kinds of topics, nobody else publishes anything. */
const mayPublish = ({ kind, name }: Principal, topic: string): boolean =>
  kind === 'device' &&
  (['observations', 'birth', 'status'].some((branch) => topic === `nadi/v1/${name}/${branch}`) ||
    topic === `nadi/v1/${name}/commands/c1/result`)

let serial = 0
/** A payload that is right for the topic's branch and stands for itself. */
const payloadFor = (topic: string, building: string): string => {
  serial += 1
  if (topic.endsWith('/status')) return serial % 2 === 0 ? 'online' : 'offline'
  if (topic.endsWith('/birth')) return JSON.stringify({ things: [], serial })
  if (topic.endsWith('/result')) return JSON.stringify({ status: 'done', reason: `${serial}` })
  return JSON.stringify([{ n: `${building}/humidity`, t: 1_760_000_000 + serial, v: serial % 100 }])
}

describe('What may be published, by whom, on which topic', () => {
  it.each([
    ['QoS 0', { qos: 0 as const, retain: false }],
    ['QoS 1, retained', { qos: 1 as const, retain: true }],
    ['QoS 2', { qos: 2 as const, retain: false }],
  ])(
    'is as the contract says, at %s: acknowledged in any case, and nothing else stored, routed or retained',
    async (_how, flags) => {
      await using city = await brokerUnderTest()
      const all = principals(city)
      const witness = await all.at(-1)?.connect('')
      if (witness === undefined) throw new Error('nobody listens')
      witness.send({
        cmd: 'subscribe',
        messageId: 1,
        subscriptions: [
          { topic: '#', qos: 1 },
          { topic: 'v1.1/#', qos: 1 },
        ],
      })
      await witness.next('suback')
      const routed: string[] = []
      const stored = new Map<string, number>(BUILDINGS.map((building) => [building, 0]))
      let forbidden = 0
      for (const principal of all) {
        const peer = await principal.connect()
        for (const topic of TOPICS) {
          const payload = payloadFor(topic, principal.building ?? 'alpha')
          await publish(peer, topic, payload, flags)
          if (!mayPublish(principal, topic)) forbidden += 1
          else if (topic.endsWith('/observations')) {
            stored.set(principal.building ?? '', (stored.get(principal.building ?? '') ?? 0) + 1)
          } else routed.push(`${topic} ${payload}`)
        }
        await peer.nothing()
        peer.cut()
      }
      await until(() => city.broker.counts().forbidden === forbidden)
      for (const building of BUILDINGS) {
        expect(await city.samples(`${building}/humidity`)).toHaveLength(stored.get(building) ?? 0)
      }
      const heard = await heardBy(witness)
      const own = heard.filter(({ topic }) => !topic.startsWith('v1.1/'))
      expect(own.map(({ topic, payload }) => `${topic} ${payload.toString()}`).sort()).toEqual(routed.sort())
      // Live updates are the city's, of what was stored.
      const live = new Set(heard.filter(({ topic }) => topic.startsWith('v1.1/')).map(({ topic }) => topic))
      expect([...live].sort()).toEqual([1, 2].map((id) => `v1.1/Datastreams(${id})/Observations`))

      const late = await all.at(-1)?.connect('late')
      late?.send({ cmd: 'subscribe', messageId: 2, subscriptions: [{ topic: 'nadi/#', qos: 1 }] })
      await late?.next('suback')
      const retained = late === undefined ? [] : (await heardBy(late)).map(({ topic }) => topic)
      const kept = ['a', 'a1', 'a2', 'b1'].flatMap((id) => [`nadi/v1/${id}/birth`, `nadi/v1/${id}/status`])
      expect(retained.sort()).toEqual(flags.retain ? kept : [])
      late?.cut()
      witness.cut()
    },
  )

  it('holds for last wills too', async () => {
    await using city = await brokerUnderTest()
    const all = principals(city)
    const witness = await all.at(-1)?.connect('')
    if (witness === undefined) throw new Error('nobody listens')
    witness.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '#', qos: 0 }] })
    await witness.next('suback')
    const expected: string[] = []
    let forbidden = 0
    const topics = TOPICS.filter((topic) => topic.length < 200)
    for (const principal of all) {
      for (const topic of topics) {
        const payload = Buffer.from(payloadFor(topic, principal.building ?? 'alpha'))
        const peer = await principal.connect(undefined, { will: { topic, payload, qos: 1, retain: true } })
        peer.cut()
        if (!mayPublish(principal, topic)) forbidden += 1
        else if (!topic.endsWith('/observations')) expected.push(topic)
      }
    }
    await until(() => city.broker.counts().forbidden === forbidden)
    await until(() => city.broker.counts().connections === 1)
    const heard = (await heardBy(witness)).map(({ topic }) => topic)
    expect(heard.filter((topic) => !topic.startsWith('v1.1/')).sort()).toEqual(expected.sort())
    witness.cut()
  })

  it('holds for what a payload says: no device speaks of a building that is not its own', async () => {
    await using city = await brokerUnderTest()
    const expected = new Map<string, number>()
    for (const { kind, name, building, connect } of principals(city)) {
      if (kind !== 'device') continue
      const peer = await connect()
      for (const other of [...BUILDINGS, 'gamma']) {
        const paths = [`${other}/x/${name}`, `${other}/${name}`]
        const records = paths.map((n, i) => ({ n, t: 1_760_000_000 + i, v: 1 }))
        // A base name must not smuggle anything either.
        const packs = [records, [{ bn: `${other}/`, n: `base/${name}`, t: 1_760_000_000, v: 1 }]]
        for (const pack of packs) await publish(peer, `nadi/v1/${name}/observations`, JSON.stringify(pack))
        const birth = {
          things: [{ name: `${other}/made-by-${name}` }],
          datastreams: [{ name: `${other}/declared-by-${name}/co2` }],
        }
        await publish(peer, `nadi/v1/${name}/birth`, JSON.stringify(birth))
        for (const path of [...paths, `${other}/base/${name}`]) expected.set(path, other === building ? 1 : 0)
        expect(city.catalogue.things.find(`${other}/made-by-${name}`) !== undefined).toBe(other === building)
      }
      peer.cut()
    }
    for (const [path, count] of expected) expect(await city.samples(path), path).toHaveLength(count)
    expect(city.catalogue.datastreams.list('gamma')).toEqual([])
  })
})
