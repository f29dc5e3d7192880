import type { Duplex } from 'node:stream'
import {
  Aedes,
  type AedesOptions,
  type Client,
  type ConnectPacket,
  type PublishPacket,
  type Subscription,
} from 'aedes'
import { createFramingGuard, type FramingGuard, type GuardOptions } from './framingGuard.ts'
import type { BrokerLimits } from './limits.ts'
import { encodeSuback, type Message, type Qos } from './routing/message.ts'
import { createPersistence, NO_FILTER } from './routing/persistence.ts'
import { createRetained, type Retained } from './routing/retained.ts'
import { createSessions, type Sessions } from './routing/sessions.ts'
import { levelsOf, MAX_FILTER_LEVELS } from './routing/topicFilter.ts'

/**
 * Aedes, made fit for this city: it parses, answers and keeps the order of the handshakes; in front of it stands the
 * framing guard, and sessions, routing and retained messages are ours. Packets that are absorbed (stored, quarantined
 * or refused) are acknowledged and go nowhere else.
 */
export interface Router {
  /** Takes a connection over. */
  connect(source: Duplex, callbacks: Pick<GuardOptions, 'onRefused' | 'pauseMs'>): Client
  /** This packet is acknowledged, but neither retained nor routed. */
  absorb(packet: object): void
  /** Publishes for the city. */
  publish(message: Message): void
  /** Sends at QoS 0 to one client, outside its subscriptions. */
  sendTo(client: Client, message: Message): void
  /** Whether a session is kept for this client id, whether its client is here or away. */
  keepsSession(clientId: string): boolean
  packets(): PacketCounts
  /** Messages not sent to or kept for somebody, or not retained, because there was no room. */
  dropped(): number
  on: Aedes['on']
  onError(listener: (error: unknown) => void): void
  close(): Promise<void>
}

export interface PacketCounts {
  /** MQTT packets that were whole and well-formed, and were handled. */
  accepted: number
  /** Those that were not, each the end of its connection; and connections that fell silent or did not read. */
  refused: number
}

export interface RouterOptions {
  limits: BrokerLimits
  /** True for topics whose packets from clients are always absorbed: faster than `absorb` for each. */
  isAbsorbed?: (topic: string) => boolean
  /** Asked for each message and subscriber. */
  mayReceive?: (client: Client, topic: string) => boolean
  /** Asked for each filter, also when a session is resumed. */
  maySubscribe?: (client: Client, filter: string) => boolean
  preConnect?: (packet: ConnectPacket, client: Client) => void
  authenticate?: AedesOptions['authenticate']
  authorizePublish: NonNullable<AedesOptions['authorizePublish']>
}

export const createRouter = async (options: RouterOptions): Promise<Router> => {
  const {
    limits,
    isAbsorbed,
    maySubscribe = () => true,
    preConnect,
    authenticate,
    authorizePublish,
  } = options
  const sessions = createSessions({ limits, mayReceive: options.mayReceive ?? (() => true) })
  const retained = createRetained(limits)
  const repeated = new WeakSet<object>()
  const aedes = new RoutingAedes(
    {
      mq: SILENT,
      persistence: createPersistence(sessions, {
        maxUnreleased: limits.maxUnreleased,
        onRepeated: (packet) => repeated.add(packet),
      }),
      // A whole read of one connection is handled at once; what bounds it is the guard.
      concurrency: 0,
      connectTimeout: limits.connectTimeoutMs,
      // The guard ends those who do not read.
      drainTimeout: 0,
      maxInflightInbound: 0,
      preConnect(client, packet, done) {
        preConnect?.(packet, client)
        // The guard counts the time: here a client that is read slowly would look silent.
        packet.keepalive = 0
        done(null, true)
      },
      ...(authenticate && { authenticate }),
      authorizePublish,
      authorizeSubscribe(client, subscription, done) {
        const granted = grant(client, subscription)
        done(null, granted ? subscription : null)
      },
    },
    { sessions, retained, repeated, isAbsorbed },
  )
  // Aedes' own bound would end the connection; deep topics are forbidden, or matched by no deeper filter.
  Object.assign(aedes, { maxTopicLevels: Number.MAX_SAFE_INTEGER })
  await aedes.listen()

  const grant = (client: Client, { topic, qos }: Subscription): boolean => {
    const { filters } = sessions.of(client)
    const hasRoom = filters.has(topic) || filters.size < limits.maxSubscriptions
    const granted =
      topic !== NO_FILTER && hasRoom && levelsOf(topic) <= MAX_FILTER_LEVELS && maySubscribe(client, topic)
    if (granted) sessions.subscribe(client, topic, qos)
    // A session that is resumed keeps no filter that its client may not have any more.
    else if (!client.connected) sessions.unsubscribe(client, topic)
    return granted
  }

  const packets: PacketCounts = { accepted: 0, refused: 0 }
  const guards = new WeakMap<Client, FramingGuard>()
  aedes.on('connackSent', (packet, client) => {
    if (packet.returnCode === 0) guards.get(client)?.admit()
  })
  aedes.on('subscribe', (subscriptions, client) => {
    for (const { topic, qos } of subscriptions) {
      if (!isGranted(qos)) continue
      for (const message of retained.matching(topic)) sessions.sendTo(client, message, qos)
    }
  })
  aedes.on('unsubscribe', (filters, client) => {
    for (const filter of filters) sessions.unsubscribe(client, filter)
  })

  return {
    connect(source, { onRefused, pauseMs }) {
      const guard = createFramingGuard(source, {
        limits,
        onRefused(reason) {
          packets.refused += 1
          onRefused(reason)
        },
        pauseMs(bytes, count) {
          packets.accepted += count
          return pauseMs?.(bytes, count) ?? 0
        },
      })
      const client = aedes.handle(guard)
      guards.set(client, guard)
      answerTwice(client)
      return client
    },
    absorb: (packet) => aedes.absorb(packet),
    publish: (message) => aedes.route(message),
    sendTo: (client, message) => sessions.sendTo(client, message, 0),
    keepsSession: (clientId) => sessions.keeps(clientId),
    packets: () => packets,
    dropped: () => sessions.dropped() + retained.dropped(),
    on: aedes.on.bind(aedes),
    onError: (listener) => void aedes.addListener('error', listener),
    close: () => new Promise((resolve) => aedes.close(resolve)),
  }
}

/** Aedes subscribes here what our own sessions know already. */
const SILENT = {
  on: (_topic: string, _listener: unknown, done?: () => void) => done?.(),
  removeListener: (_topic: string, _listener: unknown, done?: () => void) => done?.(),
  close: (done: () => void) => done(),
}

/** Refused filters have the return code 128 (MQTT 3.1.1, section 3.9.3). */
const isGranted = (qos: number): qos is Qos => qos <= 2

type Done = (error?: Error) => void

/** What Aedes itself publishes has neither QoS nor retain flag. */
type Published = Pick<PublishPacket, 'topic' | 'payload'> & { qos?: Qos; retain?: boolean }

/** The types leave out the second of three parameters (Aedes 1.2.0, `aedes.js`). */
const AedesWithSender = Aedes as unknown as new (
  options: AedesOptions,
) => Aedes & { publish(packet: Published, client?: Client | Done | null, done?: Done): void }

interface Parts {
  sessions: Sessions
  retained: Retained
  repeated: WeakSet<object>
  isAbsorbed: ((topic: string) => boolean) | undefined
}

class RoutingAedes extends AedesWithSender {
  readonly #absorbed = new WeakSet<object>()
  readonly #parts: Parts

  constructor(options: AedesOptions, parts: Parts) {
    super(options)
    this.#parts = parts
  }

  absorb(packet: object): void {
    this.#absorbed.add(packet)
  }

  /** Everything that is published comes through here, from clients (after PUBACK is written), wills and Aedes itself. */
  override publish(packet: Published, client?: Client | Done | null, done?: Done): void {
    const fromClient = typeof client === 'object' && client !== null
    if (fromClient && !this.#goesOn(packet)) {
      done?.()
      return
    }
    const { topic, payload, qos = 0, retain = false } = packet
    this.route({ topic, payload: typeof payload === 'string' ? Buffer.from(payload) : payload, qos, retain })
    if (typeof client === 'function') client()
    else done?.()
  }

  #goesOn(packet: Published): boolean {
    const { isAbsorbed, repeated } = this.#parts
    return !isAbsorbed?.(packet.topic) && !this.#absorbed.has(packet) && !repeated.has(packet)
  }

  route(message: Message): void {
    const { retained, sessions } = this.#parts
    // Aedes lends the payload; what is kept must be a copy.
    if (message.retain) retained.keep({ ...message, payload: Buffer.from(message.payload) })
    sessions.route(message)
  }
}

/** What of a client is used here and named in no types (Aedes 1.2.0, `lib/client.js`). */
interface WithParser {
  _parser: {
    listeners(event: 'packet'): ((packet: Packet) => void)[]
    removeAllListeners(event: 'packet'): void
    on(event: 'packet', listener: (packet: Packet) => void): void
  }
}

type Packet = { cmd: string; messageId?: number; subscriptions?: Subscription[] }

/**
 * Aedes answers a SUBSCRIBE that names a filter twice with too few return codes [MQTT-3.8.4-5]: such a packet is
 * handled filter by filter [MQTT-3.8.4-4], and answered here.
 */
const answerTwice = (client: Client): void => {
  const { _parser: parser } = client as unknown as WithParser
  const listeners = parser.listeners('packet')
  parser.removeAllListeners('packet')
  parser.on('packet', (packet) => {
    const { subscriptions = [], messageId = 0 } = packet
    const names = new Set(subscriptions.map(({ topic }) => topic))
    if (names.size === subscriptions.length) {
      for (const listener of listeners) listener.call(parser, packet)
      return
    }
    void subscribeEach(client, subscriptions).then((codes) => {
      if (!client.closed) client.conn.write(encodeSuback(messageId, codes))
    })
  })
}

const subscribeEach = async (client: Client, subscriptions: Subscription[]): Promise<number[]> => {
  const codes: number[] = []
  for (const subscription of subscriptions) {
    await new Promise<void>((resolve) => client.subscribe([subscription], () => resolve()))
    // Aedes writes the granted QoS into what it was given, right after it calls back.
    codes.push(subscription.qos)
  }
  return codes
}
