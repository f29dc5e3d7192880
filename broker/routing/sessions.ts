import type { Client } from 'aedes'
import { createFilterTree } from './filterTree.ts'
import { encodePublish, type Message, type Qos } from './message.ts'
import { createOutbox, type Link, type Outbox, type OutboxLimits } from './outbox.ts'

/**
 * Sessions (MQTT 3.1.1, section 4.1): what each client subscribed to, and what it is still owed. A clean session is
 * its connection's; any other is kept under the client id until one with a clean session comes, or until there are too
 * many that are away. In memory: after a restart CONNACK says that no session is present.
 */
export interface Session {
  /** Granted filters with their QoS. */
  readonly filters: ReadonlyMap<string, Qos>
  /** Packet ids of QoS 2 messages that were taken in and not released yet [MQTT-4.3.3-2]. */
  readonly incoming: Set<number>
  readonly outbox: Outbox
}

export interface Sessions {
  of(client: Client): Session
  /** Whether a session is kept for this id; makes it when there is none. */
  resume(clientId: string): { present: boolean; filters: ReadonlyMap<string, Qos> }
  /** Whether a session is kept for this id. */
  keeps(clientId: string): boolean
  /** Forgets what was kept under the id [MQTT-3.1.2-6]. */
  forget(clientId: string): void
  /** The connection of a clean session has ended. */
  ended(client: Client): void
  subscribe(client: Client, filter: string, qos: Qos): void
  unsubscribe(client: Client, filter: string): void
  /** CONNACK is out: what the session is owed may be sent. */
  attach(client: Client): void
  /** Sends a message to whoever subscribed. */
  route(message: Message): void
  /** Sends a message to one client alone, as if a filter of this QoS had matched. */
  sendTo(client: Client, message: Message, granted: Qos): void
  /** Messages not sent or kept because a client does not read, or acknowledge, or is away. */
  dropped(): number
}

export interface SessionLimits extends OutboxLimits {
  /** Sessions kept for clients that are away; the one that is away longest goes first. */
  maxSessions: number
  /** What may wait unread in one connection; what comes then at QoS 0 is left out for it. */
  maxUnreadBytes: number
}

export interface SessionsParts {
  limits: SessionLimits
  mayReceive: (client: Client, topic: string) => boolean
}

interface Own extends Session {
  filters: Map<string, Qos>
  client: Client | undefined
}

export const createSessions = ({ limits, mayReceive }: SessionsParts): Sessions => {
  const kept = new Map<string, Own>()
  const ofClient = new WeakMap<Client, Own>()
  const tree = createFilterTree<Own, Qos>()
  let dropped = 0

  const create = (): Own => ({
    filters: new Map(),
    incoming: new Set(),
    outbox: createOutbox(limits),
    client: undefined,
  })

  const remove = (session: Own): void => {
    for (const filter of session.filters.keys()) tree.delete(filter, session)
    session.filters.clear()
  }

  const isAway = ({ client }: Own): boolean => client === undefined || client.closed

  const makeRoom = (): void => {
    if (kept.size < limits.maxSessions) return
    for (const [id, session] of kept) {
      if (!isAway(session)) continue
      remove(session)
      kept.delete(id)
      return
    }
  }

  const keep = (clientId: string): Own => {
    makeRoom()
    const session = create()
    kept.set(clientId, session)
    return session
  }

  const of = (client: Client): Own => {
    let session = ofClient.get(client)
    if (session === undefined) {
      session = client.clean ? create() : (kept.get(client.id) ?? keep(client.id))
      ofClient.set(client, session)
    }
    return session
  }

  const linkOf = (client: Client): Link => ({
    isOpen: () => !client.closed,
    write: (bytes) => void client.conn.write(bytes),
    mayReceive: (topic) => mayReceive(client, topic),
  })

  const deliver = (session: Own, message: Message, granted: Qos, encoded?: () => Buffer): void => {
    // The lesser of what was published and what was granted [MQTT-3.8.4-6].
    const qos = granted < message.qos ? granted : message.qos
    if (qos > 0) {
      const kept = qos === message.qos ? message : { ...message, qos }
      if (!session.outbox.add(kept)) dropped += 1
      return
    }
    const { client } = session
    if (client === undefined || client.closed || !mayReceive(client, message.topic)) return
    if (client.conn.writableLength > limits.maxUnreadBytes) dropped += 1
    else client.conn.write(encoded ? encoded() : encodePublish({ ...message, qos }))
  }

  return {
    of,
    resume(clientId) {
      const present = kept.has(clientId)
      const session = kept.get(clientId) ?? keep(clientId)
      // The longest away stands first.
      kept.delete(clientId)
      kept.set(clientId, session)
      return { present, filters: session.filters }
    },
    keeps: (clientId) => kept.has(clientId),
    forget(clientId) {
      const session = kept.get(clientId)
      if (session === undefined) return
      remove(session)
      kept.delete(clientId)
    },
    ended(client) {
      const session = ofClient.get(client)
      if (session === undefined) return
      remove(session)
      ofClient.delete(client)
    },
    subscribe(client, filter, qos) {
      if (client.closed) return
      const session = of(client)
      session.filters.set(filter, qos)
      tree.set(filter, session, qos)
    },
    unsubscribe(client, filter) {
      const session = of(client)
      session.filters.delete(filter)
      tree.delete(filter, session)
    },
    attach(client) {
      const session = of(client)
      session.client = client
      session.outbox.attach(linkOf(client))
    },
    route(message) {
      let first: Own | undefined
      let firstQos: Qos = 0
      let more: Map<Own, Qos> | undefined
      tree.match(message.topic, (session, qos) => {
        if (first === undefined) {
          first = session
          firstQos = qos
        } else {
          more ??= new Map([[first, firstQos]])
          // Once for overlapping filters, with the greatest QoS of them [MQTT-3.3.5-1].
          if (qos >= (more.get(session) ?? 0)) more.set(session, qos)
        }
      })
      if (first === undefined) return
      // Aedes lends the payload; what is kept must be a copy.
      const own = { ...message, payload: Buffer.from(message.payload), retain: false }
      let bytes: Buffer | undefined
      const encoded = (): Buffer => (bytes ??= encodePublish({ ...own, qos: 0 }))
      for (const [session, qos] of more ?? [[first, firstQos] as const]) deliver(session, own, qos, encoded)
    },
    sendTo(client, message, granted) {
      deliver(of(client), message, granted)
    },
    dropped: () => dropped,
  }
}
