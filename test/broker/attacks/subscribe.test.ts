import { describe, expect, it } from 'vitest'
import { until } from '../../support/until.ts'
import { publish, type Peer } from '../conformance/peer.ts'
import { filterMatches } from '../../../broker/routing/topicFilter.ts'
import { brokerUnderTest } from '../support.ts'
import { BUILDINGS, heardBy, principals, type Principal } from './principals.ts'

/** Datastreams of each building, and who may read them exactly (contract: "What leaves without a login"). */
const PATHS: readonly (readonly [path: string, who: 'everybody' | 'roles' | 'city'])[] = [
  ['temperature', 'everybody'],
  ['energy', 'everybody'],
  ['occupancy', 'city'],
  ['zone/temperature', 'everybody'],
  ['zone/co2', 'roles'],
  ['zone/energy', 'roles'],
  ['zone/illuminance', 'roles'],
  ['zone/ventilation', 'roles'],
  ['zone/power', 'roles'],
  ['zone/occupancy', 'city'],
  ['zone/presence', 'city'],
]

const FILTERS = (devices: readonly string[]): readonly string[] => [
  '#',
  '+/#',
  '+/+/#',
  '/#',
  '+/v1/#',
  'nadi/#',
  'nadi/v1/#',
  'nadi/v1/+/+',
  'nadi/v1/+/status',
  'nadi/v1/+/commands/+',
  'nadi/v1/alarms/+',
  'nadi/v1/alarms/alpha',
  'v1.1/#',
  'v1.1/+/Observations',
  '$SYS/#',
  '$SYS/+/new/clients',
  '$share/group/nadi/v1/#',
  '$share/group/#',
  '$nadi/none',
  ...devices.flatMap((id) => [
    `nadi/v1/${id}/#`,
    `nadi/v1/${id}/+`,
    `nadi/v1/${id}/status`,
    `nadi/v1/${id}/birth`,
    `nadi/v1/${id}/observations`,
    `nadi/v1/${id}/commands/+`,
    `nadi/v1/${id}/commands/#`,
    `nadi/v1/${id}/commands/c1`,
    `nadi/v1/${id}/commands/+/result`,
  ]),
  ...Array.from(
    { length: PATHS.length * BUILDINGS.length },
    (_, i) => `v1.1/Datastreams(${i + 1})/Observations`,
  ),
  'v1.1/Datastreams(999)/Observations',
]

describe('What may be heard, by whom, with which filter', () => {
  it('is as the contract says: live, retained and the latest from the store', async () => {
    await using city = await brokerUnderTest()
    const who = new Map<string, 'everybody' | 'roles' | 'city'>()
    for (const building of BUILDINGS) {
      for (const [path, readers] of PATHS) {
        const { id } = city.catalogue.datastreams.declare({ path: `${building}/${path}` })
        who.set(`v1.1/Datastreams(${id})/Observations`, readers)
      }
    }
    const all = principals(city)
    const devices = all.filter(({ kind }) => kind === 'device')
    const filters = FILTERS(devices.map(({ name }) => name))

    /** The contract's word on one message. */
    const mayHear = ({ kind, name, role }: Principal, topic: string): boolean => {
      if (kind === 'device') return topic.startsWith(`nadi/v1/${name}/commands/`)
      const runsTheCity = role === 'operator' || role === 'administrator'
      const readers = who.get(topic)
      if (readers === 'everybody') return true
      if (readers === 'roles') return runsTheCity || role === 'scientist'
      if (readers === 'city') return runsTheCity
      if (topic.startsWith('nadi/v1/alarms/')) return runsTheCity || role === 'scientist'
      return runsTheCity
    }
    /** What must be refused outright. Of the rest it counts what is heard. */
    const mustRefuse = ({ kind, name }: Principal, filter: string): boolean =>
      filter.startsWith('$') || (kind === 'device' && !filter.startsWith(`nadi/v1/${name}/commands/`))
    const mustGrant = (principal: Principal, filter: string): boolean =>
      (principal.role === 'administrator' && !filter.startsWith('$') && !filter.includes('999')) ||
      (principal.kind === 'device' && filter.startsWith(`nadi/v1/${principal.name}/commands/`)) ||
      (filter.startsWith('v1.1/D') && mayHear(principal, filter) && who.has(filter))

    // One client for each cell, as far as it is granted anything.
    const cells: { principal: Principal; filter: string; peer: Peer }[] = []
    for (const principal of all) {
      for (const [index, filter] of filters.entries()) {
        const peer = await principal.connect(`${principal.name}:${index}`)
        peer.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: filter, qos: 1 }] })
        const granted = (await peer.next('suback')).granted[0] !== 128
        const cell = `${principal.name} ${principal.role ?? ''} ${filter}`
        if (mustRefuse(principal, filter)) expect(granted, cell).toBe(false)
        if (mustGrant(principal, filter)) expect(granted, cell).toBe(true)
        // Refused ones stay too: what is not granted must not be heard.
        cells.push({ principal, filter, peer })
      }
    }

    const topics: string[] = [...who.keys()]
    for (const building of BUILDINGS) topics.push(`nadi/v1/alarms/${building}`)
    for (const { name } of devices) {
      topics.push(`nadi/v1/${name}/commands/c1`, `nadi/v1/${name}/commands/c1/result`)
      topics.push(`nadi/v1/${name}/status`, `nadi/v1/${name}/birth`)
    }
    for (const { name, building, connect } of devices) {
      const peer = await connect()
      const records = PATHS.map(([path]) => ({ n: `${building}/${path}`, t: 1_760_000_000, v: 1 }))
      await publish(peer, `nadi/v1/${name}/observations`, JSON.stringify(records))
      await publish(peer, `nadi/v1/${name}/status`, 'online', { retain: true })
      await publish(peer, `nadi/v1/${name}/birth`, '{}', { retain: true })
      await publish(peer, `nadi/v1/${name}/commands/c1/result`, '{"status":"done"}')
      await city.broker.publish({ topic: `nadi/v1/${name}/commands/c1`, payload: '{}' })
      peer.cut()
    }
    for (const building of BUILDINGS) {
      await city.broker.publish({ topic: `nadi/v1/alarms/${building}`, payload: '{}', retain: true })
    }

    const expected = (principal: Principal, filter: string, from: readonly string[]): string[] =>
      from.filter((topic) => mayHear(principal, topic) && filterMatches(filter, topic)).sort()
    const allHeard = async (peer: Peer): Promise<string[]> =>
      [...new Set((await heardBy(peer)).map(({ topic }) => topic))].sort()
    for (const { principal, filter, peer } of cells) {
      const cell = `${principal.name} ${principal.role ?? ''} ${filter}`
      const heard = await allHeard(peer)
      // What is heard is a part of what may be; for those who run the city, and for own commands, all of it.
      expect(expected(principal, filter, topics), cell).toEqual(expect.arrayContaining(heard))
      if (mustGrant(principal, filter)) expect(heard, cell).toEqual(expected(principal, filter, topics))
    }

    // Who subscribes now gets what is retained and the latest from the store, by the same rules.
    const restful = topics.filter((topic) => !topic.includes('/commands/'))
    const witness = cells.find(
      ({ principal, filter }) => principal.role === 'administrator' && filter === '#',
    )
    for (const { filter, peer } of cells) {
      peer.send({ cmd: 'subscribe', messageId: 2, subscriptions: [{ topic: filter, qos: 0 }] })
    }
    const heardByWitness = new Set<string>()
    await until(async () => {
      for (const topic of await allHeard(witness?.peer as Peer)) heardByWitness.add(topic)
      return heardByWitness.size === restful.length
    })
    for (const { principal, filter, peer } of cells) {
      const cell = `again: ${principal.name} ${principal.role ?? ''} ${filter}`
      expect(expected(principal, filter, restful), cell).toEqual(expect.arrayContaining(await allHeard(peer)))
      peer.cut()
    }
  })
})
