import { pino } from 'pino'
import { createAgent, type SimulatedAgent } from './agent.ts'
import { createCity } from './city.ts'
import { scheduleFaults } from './faults.ts'
import { brokenPromises } from './invariants.ts'
import { createNetwork } from './network.ts'
import type { Plant } from './plants.ts'
import { BEGINNING_MS, readingOf } from './readings.ts'
import { createWorld } from './world.ts'

export interface SimulationOptions {
  plant?: Plant | undefined
  /** Write the story down; without, it is only lived. */
  tells?: boolean
}

export interface Outcome {
  seed: number
  /** What was promised and not kept; empty when all is well. */
  broken: string[]
  story: readonly string[]
  /** Readings given, and those acknowledged. */
  given: number
  acknowledged: number
  dropped: number
  rejected: number
}

const TROUBLE_MS = 15_000
const DRAIN_MS = 900_000
const GIVE_EVERY_MS = 2_000

/**
 * One run: agents, a network, a broker with its store, and the faults that the seed draws; then peace, until every
 * spool is empty; then the judgement.
 */
export const simulate = async (
  seed: number,
  { plant, tells = false }: SimulationOptions = {},
): Promise<Outcome> => {
  const world = createWorld(seed, { tells })
  const { chance } = world
  const log = tells
    ? pino({ level: 'info' }, { write: (line) => world.tell(() => logged(line)) })
    : pino({ level: 'silent' })
  const city = createCity({ world, log, beginningMs: BEGINNING_MS, plant })
  const network = createNetwork(world, city)
  const agents = Array.from({ length: chance.whole(1, 3) }, (_, index) =>
    createAgent({ world, network, building: index + 1, beginningMs: BEGINNING_MS, log, plant }),
  )
  for (const { name } of agents) city.catalogue.addDevice(name, name)
  if (chance.happens(0.1)) city.poison.add(readingOf(1, chance.whole(1, 30), 'right').value)

  city.start()
  for (const agent of agents) agent.start()
  scheduleFaults({ world, city, network, agents }, TROUBLE_MS)
  await world.runUntil(TROUBLE_MS)

  world.tell(() => '* peace')
  for (const agent of agents) agent.stopSource()
  const isDrained = ({ disk }: SimulatedAgent): boolean =>
    disk.rows.every(({ value }) => city.poison.has(value))
  const isPoisoned = (): boolean =>
    agents.some(({ disk }) => disk.rows.some(({ value }) => city.poison.has(value)))
  // A row on which the broker stumbles is told apart only by others that pass.
  const giveOn = (): void => {
    if (!isPoisoned()) return
    agents.forEach((agent) => agent.give())
    world.after(GIVE_EVERY_MS, giveOn)
  }
  giveOn()
  await world.runUntil(TROUBLE_MS + DRAIN_MS, () => agents.every(isDrained) && !isPoisoned())

  return {
    seed,
    broken: brokenPromises({ agents, city }),
    story: world.story,
    given: sum(agents, ({ given }) => given.size),
    acknowledged: city.acknowledged.size,
    dropped: sum(agents, ({ disk, lost }) => disk.dropped.size + lost.size),
    rejected: sum(agents, ({ disk }) => disk.rejected.length),
  }
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0)

/** A log line of the code under test, without the times of this machine. */
const logged = (line: string): string => {
  const { msg, err } = JSON.parse(line) as { msg: string; err?: { message?: string } }
  return `  log: ${msg}${err?.message === undefined ? '' : ` (${err.message})`}`
}
