import type { PublishPacket } from 'aedes'
import type { Logger } from 'pino'
import { matchTopic, observationsTopic } from '../city/topics.ts'
import type { Catalogue, Device } from '../store/catalogue/catalogue.ts'
import { mayPublish } from './accessRules.ts'
import { isCurrent, type Identity } from './identity.ts'
import type { Ingest } from './ingest.ts'
import { isWorthTelling } from './isWorthTelling.ts'

/**
 * What happens to each publish before it is acknowledged: forbidden ones are counted and absorbed, observations are
 * stored, births and statuses are taken in and routed.
 */
export interface Door {
  /**
   * Resolves with nothing when the packet may be acknowledged. Resolves with an error when the connection is to end
   * without an acknowledgement, which only a store that cannot commit (or a revoked device) deserves; the last will of a revoked device is
   * taken, for it tells that the device is gone. Never rejects.
   */
  publish(identity: Identity, packet: PublishPacket, isWill?: boolean): Promise<Error | undefined>
  /** Resolves when nothing is being taken in. */
  settled(): Promise<void>
}

export interface DoorParts {
  catalogue: Pick<Catalogue, 'devices' | 'births'>
  ingest: Ingest
  log: Logger
  now: () => number
  /** Marks a packet: acknowledged, but neither retained nor routed. */
  absorb: (packet: object) => void
  onForbidden: (identity: Identity, topic: string) => void
}

export const createDoor = ({ catalogue, ingest, log, now, absorb, onForbidden }: DoorParts): Door => {
  const topics = new WeakMap<Identity, string>()
  const forbidden = new WeakMap<Identity, number>()
  let underWay = 0
  let whenSettled: (() => void)[] = []

  const ended = (): void => {
    underWay -= 1
    if (underWay > 0) return
    for (const settled of whenSettled) settled()
    whenSettled = []
  }

  const ownObservations = (identity: Identity): string => {
    let topic = topics.get(identity)
    if (topic === undefined) {
      topic = observationsTopic(identity.id)
      topics.set(identity, topic)
    }
    return topic
  }

  const forbid = (identity: Identity, packet: PublishPacket): void => {
    absorb(packet)
    onForbidden(identity, packet.topic)
    if (identity.kind === 'device') {
      catalogue.devices.noteForbidden(identity.id)
      catalogue.devices.notes.forbidden(identity.id, packet.topic, now())
    }
    const count = (forbidden.get(identity) ?? 0) + 1
    forbidden.set(identity, count)
    if (!isWorthTelling(count)) return
    log.warn(
      { [identity.kind]: identity.id, topic: packet.topic.slice(0, 200), count },
      'forbidden publish: acknowledged, neither stored nor routed',
    )
  }

  /** Resolves with false when the packet is to go no further. */
  const takeIn = (identity: Identity & { kind: 'device' }, packet: PublishPacket): Promise<boolean> => {
    const { topic } = packet
    const { device } = identity
    const payload = bytesOf(packet.payload)
    const kind = matchTopic(topic)?.kind
    if (kind === undefined) return ingest.foreign(device, topic, payload)
    if (kind === 'birth') return takeBirth(device, packet, payload)
    if (kind === 'status') return ingest.status(device, topic, payload)
    // Only what a device says of itself is retained: results would pile up, one topic a command.
    packet.retain = false
    return ingest.commandResult(device, topic, payload)
  }

  const takeBirth = async (device: Device, packet: PublishPacket, payload: Buffer): Promise<boolean> => {
    if (!(await ingest.birth(device, packet.topic, payload))) return false
    if (packet.retain && payload.length === 0) catalogue.births.remove(device.id)
    else if (packet.retain) catalogue.births.keep(device.id, payload)
    return true
  }

  const storeObservations = async (
    identity: Identity & { kind: 'device' },
    packet: PublishPacket,
  ): Promise<Error | undefined> => {
    const { id, device } = identity
    if (!isCurrent(identity, now())) return new Error('revoked')
    underWay += 1
    try {
      await ingest.observations(device, packet.topic, bytesOf(packet.payload))
      return undefined
    } catch (error) {
      return notKept(error, id, packet.topic)
    } finally {
      ended()
    }
  }

  const storeOther = async (
    identity: Identity & { kind: 'device' },
    packet: PublishPacket,
    isWill: boolean,
  ): Promise<Error | undefined> => {
    if (!isWill && !isCurrent(identity, now())) return new Error('revoked')
    underWay += 1
    try {
      if (!(await takeIn(identity, packet))) absorb(packet)
      return undefined
    } catch (error) {
      return notKept(error, identity.id, packet.topic)
    } finally {
      ended()
    }
  }

  const notKept = (error: unknown, client: string, topic: string): Error => {
    catalogue.devices.notes.notKept(client, topic, now())
    log.error({ err: error, client }, 'a publish could not be kept: not acknowledged')
    return error instanceof Error ? error : new Error(String(error))
  }

  return {
    publish(identity, packet, isWill = false) {
      if (identity.kind === 'device') {
        if (packet.topic === ownObservations(identity)) return storeObservations(identity, packet)
        if (mayPublish(identity, packet.topic)) return storeOther(identity, packet, isWill)
      }
      forbid(identity, packet)
      return NOTHING_WRONG
    },
    settled: () => (underWay === 0 ? Promise.resolve() : new Promise((resolve) => whenSettled.push(resolve))),
  }
}

const NOTHING_WRONG = Promise.resolve(undefined)

const bytesOf = (payload: string | Buffer): Buffer =>
  typeof payload === 'string' ? Buffer.from(payload) : payload
