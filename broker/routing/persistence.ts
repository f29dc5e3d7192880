import { Readable } from 'node:stream'
import type { Client } from 'aedes'
import type { Sessions } from './sessions.ts'

/** Packets as Aedes hands them to its persistence, as far as they matter here. */
interface Handed {
  cmd?: string
  messageId?: number
}

/**
 * Aedes' persistence (1.2.0: `aedes.js`, `lib/handlers/`), answered from our sessions. Aedes keeps the order of the
 * handshakes; subscriptions, queues and retained messages are `sessions.ts` and `retained.ts`, which Aedes' own do
 * wrongly in the ways that `docs/mqtt.md` names.
 */
export const createPersistence = (sessions: Sessions, parts: PersistenceParts): object => {
  const id = ({ messageId = 0 }: Handed): number => messageId
  return {
    setup: async () => undefined,
    // Aedes reports a session as present when it has subscriptions [MQTT-3.2.2-2]: one that has none gets a filter
    // that no topic matches, and that is not granted.
    subscriptionsByClient: async (client: { id: string }) => {
      const { present, filters } = sessions.resume(client.id)
      if (!present) return []
      return [...[...filters].map(([topic, qos]) => ({ topic, qos })), { topic: NO_FILTER, qos: 0 }]
    },
    cleanSubscriptions: async (client: Client) => sessions.forget(client.id),
    addSubscriptions: async () => undefined,
    removeSubscriptions: async () => undefined,
    createRetainedStreamCombi: () => Readable.from([]),
    // Aedes asks for what is owed right after CONNACK.
    outgoingStream: (client: Client) => {
      sessions.attach(client)
      return Readable.from([])
    },
    outgoingUpdate: async (client: Client, packet: Handed) => {
      if (packet.cmd === 'pubrel') sessions.of(client).outbox.received(id(packet))
    },
    outgoingClearMessageId: async (client: Client, packet: Handed) => {
      const { outbox } = sessions.of(client)
      if (packet.cmd === 'puback') outbox.acknowledged(id(packet))
      else outbox.completed(id(packet))
    },
    incomingGetPacket: async (client: Client, packet: Handed) => {
      if (!sessions.of(client).incoming.has(id(packet))) throw new Error('no such packet')
      return packet
    },
    incomingStorePacket: async (client: Client, packet: Handed) => {
      const { incoming } = sessions.of(client)
      // The same id twice in one read: both were looked for before the first was kept.
      if (incoming.has(id(packet))) parts.onRepeated(packet)
      else if (incoming.size >= parts.maxUnreleased) throw new Error('too many QoS 2 messages await PUBREL')
      incoming.add(id(packet))
    },
    incomingDelPacket: async (client: Client, packet: Handed) => {
      sessions.of(client).incoming.delete(id(packet))
    },
    cleanIncoming: async (client: Client) => {
      // Asked at the start of a clean session too.
      if (client.closed) sessions.ended(client)
    },
    putWill: async () => undefined,
    delWill: async () => undefined,
    streamWill: () => Readable.from([]),
  }
}

/** No topic that a client may publish to can be matched by it, and no session is granted it. */
export const NO_FILTER = '$nadi/none'

export interface PersistenceParts {
  /** QoS 2 messages of one client that were taken in and not released. */
  maxUnreleased: number
  /** This QoS 2 packet is the repetition of one that is being taken in. */
  onRepeated: (packet: object) => void
}
