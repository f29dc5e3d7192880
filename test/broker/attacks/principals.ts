import type { Packet } from 'mqtt-packet'
import type { Role } from '../../../city/roles.ts'
import { connectPacket, openPeer, type Peer } from '../conformance/peer.ts'
import type { BrokerUnderTest } from '../support.ts'

/** Everybody who can prove who they are, of two buildings: the rows of the matrix. */
export interface Principal {
  name: string
  kind: 'device' | 'reader'
  /** A device's. */
  building?: string
  /** A reader's. */
  role?: Role
  connect: (clientId?: string, more?: Parameters<typeof connectPacket>[1]) => Promise<Peer>
}

export const BUILDINGS = ['alpha', 'beta'] as const

const DEVICES = [
  ['a1', 'alpha'],
  ['a2', 'alpha'],
  ['b1', 'beta'],
  ['a', 'alpha'],
] as const

const ROLES: readonly Role[] = ['citizen', 'agency:works', 'scientist', 'operator', 'administrator']

export const principals = (city: BrokerUnderTest): Principal[] => {
  const opened =
    (user: string, secret: string) =>
    async (clientId?: string, more: object = {}) => {
      const peer = await openPeer(city.broker.port)
      peer.send(connectPacket(clientId ?? user, { username: user, password: Buffer.from(secret), ...more }))
      const { returnCode } = await peer.next('connack')
      if (returnCode !== 0) throw new Error(`${user} was refused: ${returnCode}`)
      return peer
    }
  return [
    ...DEVICES.map(([id, building]) => ({
      name: id,
      kind: 'device' as const,
      building,
      connect: opened(id, city.device(id, building)),
    })),
    ...ROLES.map((role) => {
      const { id, key } = city.catalogue.keys.add(role, role)
      return { name: id, kind: 'reader' as const, role, connect: opened(id, key) }
    }),
  ]
}

/** All that has come so far, PUBLISH packets only; what is on its way counts. */
export const heardBy = async (peer: Peer): Promise<(Packet & { cmd: 'publish' })[]> => {
  const heard: (Packet & { cmd: 'publish' })[] = []
  peer.send({ cmd: 'pingreq' })
  for (;;) {
    const packet = await peer.any()
    if (packet.cmd === 'pingresp') return heard
    if (packet.cmd === 'publish') {
      heard.push(packet)
      if (packet.qos === 1) peer.send({ cmd: 'puback', messageId: packet.messageId ?? 0 })
    }
  }
}
