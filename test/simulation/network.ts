import { type Connection, type OpenConnection, RefusedError } from '../../edge/connection.ts'
import type { Life } from './life.ts'
import type { World } from './world.ts'

/** What a broker is to the network. */
export interface Listener {
  /** Answers whether the device is let in, or nothing when nobody listens. */
  connect(device: string): Session | 'refused' | undefined
}

/** The broker's side of a connection. */
export interface Session {
  /** Resolves with nothing when the packet is to be acknowledged; never, when the broker has died. */
  publish(topic: string, payload: string): Promise<Error | undefined>
  /** Called with the way to end the connection from this side. */
  onEnd(end: (reason: string) => void): void
}

/** The network between the agents and the broker. */
export interface Network {
  /** For the agent's process with this life. */
  openFor(agent: string, life: Life): OpenConnection
  /** Ends the agent's connections: packets under way are lost, and each side notices when it does. */
  cut(agent: string): void
  /** While it is down nothing can be opened. */
  setDown(agent: string, down: boolean): void
  setWeather(weather: Weather): void
}

export interface Weather {
  latencyMs: number
  /** Shares of packets that arrive twice, and of acknowledgements that are lost, by which the connection is stuck. */
  twice: number
  acknowledgementsLost: number
}

export const FAIR: Weather = { latencyMs: 5, twice: 0, acknowledgementsLost: 0 }

export const createNetwork = (world: World, listener: Listener): Network => {
  const { chance } = world
  const open = new Map<string, Set<() => void>>()
  const down = new Set<string>()
  let weather = FAIR

  const cablesOf = (agent: string): Set<() => void> => {
    const cables = open.get(agent) ?? new Set()
    open.set(agent, cables)
    return cables
  }

  /** Delivers in order, each after its latency. */
  const wire = () => {
    let lastMs = 0
    return (deliver: () => void): void => {
      lastMs = Math.max(lastMs, world.nowMs() + weather.latencyMs * (0.5 + chance.share()))
      world.after(lastMs - world.nowMs(), deliver)
    }
  }

  const openFor =
    (agent: string, life: Life): OpenConnection =>
    async (options, signal) => {
      await life.sleep(weather.latencyMs * (1 + chance.share()), signal)
      signal.throwIfAborted()
      const session = down.has(agent) ? undefined : listener.connect(agent)
      if (session === undefined) throw new Error('nobody answers')
      if (session === 'refused') throw new RefusedError('the broker refused the identity')
      return plug(agent, life, session, options.pubackTimeoutMs)
    }

  const plug = (agent: string, life: Life, session: Session, pubackTimeoutMs: number): Connection => {
    const toBroker = wire()
    const toAgent = wire()
    const ended = Promise.withResolvers<Error>()
    let isOpen = true
    /** False once packets are lost on the way, whether a side has noticed or not. */
    let whole = true
    const waiting = new Set<(error: Error) => void>()

    const notice = (reason: string): void => {
      if (!isOpen || !life.alive) return
      isOpen = false
      whole = false
      cablesOf(agent).delete(pull)
      const error = new Error(reason)
      for (const reject of waiting) reject(error)
      ended.resolve(error)
    }
    const pull = (): void => {
      whole = false
      world.after(chance.whole(0, 2_000), () => notice('the link was cut'))
    }
    cablesOf(agent).add(pull)
    session.onEnd((reason) => toAgent(() => notice(reason)))

    const deliver = async (topic: string, payload: string, acknowledge: () => void): Promise<void> => {
      const error = await session.publish(topic, payload)
      if (!whole) return
      if (error) toAgent(() => notice('the broker ended the connection'))
      else if (!chance.happens(weather.acknowledgementsLost)) toAgent(acknowledge)
      else world.tell(() => `an acknowledgement to ${agent} is lost`)
    }

    return {
      get open() {
        return isOpen
      },
      closed: ended.promise,
      drop: (reason) => notice(reason.message),
      leave: async () => notice('left'),
      publish: (topic, payload) =>
        new Promise((resolve, reject) => {
          life.check()
          if (!isOpen) return reject(new Error('the connection is closed'))
          waiting.add(reject)
          const cancel = world.after(pubackTimeoutMs, () => notice('no acknowledgement in time'))
          const acknowledge = (): void => {
            cancel()
            waiting.delete(reject)
            if (life.alive && isOpen) resolve()
          }
          const send = (): void => {
            if (whole) void deliver(topic, payload, acknowledge)
          }
          toBroker(send)
          if (chance.happens(weather.twice)) toBroker(send)
        }),
    }
  }

  return {
    openFor,
    cut(agent) {
      world.tell(() => `the link of ${agent} is cut`)
      for (const pull of cablesOf(agent)) pull()
    },
    setDown(agent, isDown) {
      if (isDown) down.add(agent)
      else down.delete(agent)
    },
    setWeather(next) {
      weather = next
    },
  }
}
