import type { SimulatedAgent } from './agent.ts'
import type { City } from './city.ts'
import { CALM } from './memoryStore.ts'
import { FAIR, type Network } from './network.ts'
import type { World } from './world.ts'

export interface Scene {
  world: World
  city: City
  network: Network
  agents: readonly SimulatedAgent[]
}

/** One kind of trouble: begins it and answers how it ends, if it lasts. */
type Fault = (scene: Scene, agent: SimulatedAgent) => (() => void) | undefined

const crashOfAgent: Fault = ({ world }, agent) => {
  agent.crash(world.chance.oneOf(['kill', 'power cut'] as const))
  return undefined
}

const crashOfBroker: Fault = ({ world, city }) => {
  city.crash(world.chance.oneOf(['kill', 'power cut'] as const))
  return () => city.start()
}

const cutLink: Fault = ({ network }, { name }) => {
  network.cut(name)
  return undefined
}

const linkDown: Fault = ({ network }, { name }) => {
  network.cut(name)
  network.setDown(name, true)
  return () => network.setDown(name, false)
}

const badWeather: Fault = ({ world, network }) => {
  const { chance } = world
  network.setWeather({
    latencyMs: chance.oneOf([1, 50, 700]),
    twice: chance.oneOf([0, 0.1, 0.5]),
    acknowledgementsLost: chance.oneOf([0, 0.05, 0.3]),
  })
  return () => network.setWeather(FAIR)
}

const troubledStore: Fault = ({ world, city }) => {
  const { chance } = world
  city.store.setTrouble({
    commitMs: chance.oneOf([5, 200, 2_000]),
    failing: chance.oneOf([0, 0.3, 1]),
  })
  return () => city.store.setTrouble(CALM)
}

const failingCatalogue: Fault = ({ city }) => {
  city.catalogue.setFailing(0.5)
  return () => city.catalogue.setFailing(0)
}

const fullDisk: Fault = (_scene, { disk }) => {
  disk.setFull(true)
  return () => disk.setFull(false)
}

const troubledSpool: Fault = ({ world }, { disk }) => {
  const { chance } = world
  disk.setTrouble({ failing: chance.oneOf([0, 0.2, 1]), crashing: chance.oneOf([0, 0.05]) })
  return () => disk.setTrouble({ failing: 0, crashing: 0 })
}

const damage: Fault = (_scene, { disk }) => {
  disk.damage(0.2)
  return undefined
}

const clockJump: Fault = ({ world, city }, agent) => {
  const { chance } = world
  const hoursMs = 3_600_000
  city.setWallClock(chance.whole(-12, 12) * hoursMs)
  agent.setWallClock(chance.whole(-1_000, 1_000) * hoursMs)
  return undefined
}

const revoked: Fault = ({ city }, { name }) => {
  city.revoke(name)
  return () => city.allow(name)
}

const FAULTS: readonly (readonly [string, Fault])[] = [
  ['an agent crashes', crashOfAgent],
  ['the broker crashes', crashOfBroker],
  ['a link is cut', cutLink],
  ['a link is down', linkDown],
  ['bad weather', badWeather],
  ['a troubled store', troubledStore],
  ['a failing catalogue', failingCatalogue],
  ['a full disk', fullDisk],
  ['a troubled spool', troubledSpool],
  ['a damaged spool', damage],
  ['a clock jumps', clockJump],
  ['a device is revoked', revoked],
]

const LONGEST_MS = 6_000

/** Draws the faults of a run into its first `untilMs`; all of them have ended then. */
export const scheduleFaults = (scene: Scene, untilMs: number): void => {
  const { world } = scene
  const { chance } = world
  // Some seeds see a few kinds only: otherwise one fault would always cover another one's traces.
  const kinds = FAULTS.filter(() => chance.happens(0.5))
  const pauseMs = chance.oneOf([300, 1_000, 3_000])
  if (kinds.length === 0) return
  for (let atMs = chance.share() * pauseMs; atMs < untilMs; atMs += chance.share() * 2 * pauseMs) {
    const [what, fault] = chance.oneOf(kinds)
    const agent = chance.oneOf(scene.agents)
    const lastsMs = Math.min(chance.share() * LONGEST_MS, untilMs - atMs)
    world.after(atMs, () => {
      world.tell(() => `* ${what} (${agent.name})`)
      const end = fault(scene, agent)
      if (!end) return
      world.after(lastsMs, () => {
        world.tell(() => `* over: ${what} (${agent.name})`)
        end()
      })
    })
  }
}
