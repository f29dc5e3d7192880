import { decodePack } from '../../city/senml.ts'
import type { SimulatedAgent } from './agent.ts'
import type { City } from './city.ts'
import { readingOf } from './readings.ts'

/** What is judged when everything has come to rest. */
export interface Rest {
  agents: readonly SimulatedAgent[]
  city: City
}

/** Every promise that was not kept, in words. */
export const brokenPromises = ({ agents, city }: Rest): string[] => {
  const stored = storedValues(city)
  const quarantined = quarantinedValues(city)
  const arrived = new Set([...stored.keys(), ...quarantined])
  const broken = [
    ...lostAcknowledged(city, arrived),
    ...inventedOrTwice(city, agents, stored),
    ...agents.flatMap((agent) => [
      ...missing(agent, arrived),
      ...misjudged(agent, stored, quarantined),
      ...leftOver(agent, city),
      ...outOfOrder(agent),
      ...wronglyRejected(agent, city),
      ...agent.miscounts(),
    ]),
  ]
  return broken
}

/** How often each value can be seen. */
const storedValues = (city: City): Map<number, number> => {
  const seen = new Map<number, number>()
  for (const { value } of city.store.visible()) seen.set(value, (seen.get(value) ?? 0) + 1)
  return seen
}

const quarantinedValues = (city: City): Set<number> =>
  new Set(
    city.catalogue.quarantined.flatMap(({ payload }) => {
      const pack = decodePack(payload, 0)
      return pack.ok ? pack.records.map(({ value }) => value) : []
    }),
  )

const lostAcknowledged = (city: City, arrived: ReadonlySet<number>): string[] =>
  told(
    'acknowledged, and neither stored nor quarantined',
    [...city.acknowledged].filter((value) => !arrived.has(value)),
  )

const inventedOrTwice = (
  city: City,
  agents: readonly SimulatedAgent[],
  stored: ReadonlyMap<number, number>,
): string[] => {
  const given = new Set(agents.flatMap((agent) => [...agent.given.keys()]))
  const strange = city.store.visible().filter(({ datastreamId, timeMs, value }) => {
    const sent = readingOf(Math.floor(value / 1_000_000), value % 1_000_000, 'right')
    return (
      !given.has(value) || sent.timeMs !== timeMs || sent.datastream !== city.catalogue.pathOf(datastreamId)
    )
  })
  return [
    ...told(
      'stored, and not as it was sent',
      strange.map(({ value }) => value),
    ),
    ...told(
      'visible twice',
      [...stored].filter(([, times]) => times > 1).map(([value]) => value),
    ),
  ]
}

/** Everything given is there, or was counted as dropped, lost to damage, rejected, or died with its process. */
const missing = (
  { name, given, unknown, lost, disk }: SimulatedAgent,
  arrived: ReadonlySet<number>,
): string[] => {
  const rejected = new Set(disk.rejected.map(({ value }) => value))
  const waiting = new Set(disk.rows.map(({ value }) => value))
  const accounted = [arrived, unknown, lost, disk.dropped, disk.damaged, rejected, waiting]
  return told(
    `lost by ${name} without being counted`,
    [...given.keys()].filter((value) => !accounted.some((set) => set.has(value))),
  )
}

/** What is right is stored, what is wrong is quarantined. */
const misjudged = (
  { name, given }: SimulatedAgent,
  stored: ReadonlyMap<number, number>,
  quarantined: ReadonlySet<number>,
): string[] => [
  ...told(
    `wrong, and yet stored, of ${name}`,
    [...given].filter(([value, fate]) => fate !== 'right' && stored.has(value)).map(([value]) => value),
  ),
  ...told(
    `right, and yet quarantined, of ${name}`,
    [...given].filter(([value, fate]) => fate === 'right' && quarantined.has(value)).map(([value]) => value),
  ),
]

const leftOver = ({ name, disk }: SimulatedAgent, city: City): string[] =>
  told(
    `never sent by ${name} though all is at peace`,
    disk.rows.map(({ value }) => value).filter((value) => !city.poison.has(value)),
  )

const outOfOrder = ({ name, disk }: SimulatedAgent): string[] =>
  told(
    `out of order in the spool of ${name}`,
    disk.rows
      .filter(({ id, value }, index) => {
        const before = disk.rows[index - 1]
        return before !== undefined && (before.id >= id || before.value >= value)
      })
      .map(({ value }) => value),
  )

const wronglyRejected = ({ name, disk }: SimulatedAgent, city: City): string[] =>
  told(
    `rejected by ${name} without need`,
    disk.rejected.map(({ value }) => value).filter((value) => !city.poison.has(value)),
  )

const told = (what: string, values: readonly number[]): string[] =>
  values.length === 0
    ? []
    : [`${values.length} ${what}: ${values.slice(0, 8).join(', ')}${values.length > 8 ? ', ...' : ''}`]
