import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Client } from 'aedes'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { TlsSource } from '../authority/tlsSource.ts'
import type { Catalogue } from '../store/catalogue/catalogue.ts'
import type { Intake } from '../store/intake.ts'
import type { ObservationStore } from '../store/observations.ts'
import { type DatastreamOf, mayReceive, maySubscribe } from './accessRules.ts'
import { createBrokerAudit } from './audit.ts'
import { createConnections } from './connections.ts'
import { createDoor } from './door.ts'
import { ownClientId } from './identity.ts'
import { createIngest } from './ingest.ts'
import { BROKER_LIMITS, type BrokerLimits } from './limits.ts'
import { createListener } from './listener.ts'
import { createLiveUpdates } from './liveUpdates.ts'
import { registerMetrics } from './metrics.ts'
import { retainBirths } from './retainBirths.ts'
import { retainStatuses } from './retainStatuses.ts'
import type { RetryOutcome } from './retryQuarantined.ts'
import { createRouter } from './router.ts'
import { createTlsListener } from './tlsListener.ts'

/** The city's MQTT broker. */
export interface Broker extends AsyncDisposable {
  port: number
  /** The port of MQTT over TLS, when it is served. */
  tlsPort: number | undefined
  /** Takes over the WebSocket upgrade of a request for `/mqtt`, made over TLS or not. */
  handleUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Runs ingestion again on one quarantined pack, and removes it when it needs no quarantine any more. */
  retryQuarantined: (id: number) => Promise<RetryOutcome>
  /** Publishes for the city: commands and alarms. Resolves when it is routed. */
  publish(message: CityMessage): Promise<void>
  counts(): BrokerCounts
  close: () => Promise<void>
}

export interface CityMessage {
  topic: string
  payload: string | Buffer
  qos?: 0 | 1
  retain?: boolean
}

export interface BrokerCounts {
  connections: number
  /** MQTT packets of all kinds that were handled. */
  packets: number
  packs: number
  observations: number
  quarantined: number
  forbidden: number
  /** Connections whose CONNECT was refused: a wrong password, certificate or client id, or too many. */
  refusedLogins: number
  /** Connections ended because of their framing. */
  refused: number
  /** Messages not kept for absent subscribers whose queue was full. */
  dropped: number
}

export interface BrokerOptions {
  catalogue: Catalogue
  intake: Intake
  observations: Pick<ObservationStore, 'latest'>
  host: string
  port: number
  /** Where MQTT is served over TLS as well, by password or client certificate. */
  tls?: { host: string; port: number; source: TlsSource }
  log: Logger
  /** Wall clock, epoch milliseconds. */
  now: () => number
  metrics?: Registry
  limits?: Partial<BrokerLimits>
}

/** How often connections are held against what was revoked. */
const REVOCATION_CHECK_MS = 500

/** Opens the listener. Throws `port-in-use`. */
export const createBroker = async (options: BrokerOptions): Promise<Broker> => {
  const { catalogue, intake, observations, log, now } = options
  const limits = { ...BROKER_LIMITS, ...options.limits }
  const counts = { forbidden: 0, refusedLogins: 0 }
  const datastreamOf: DatastreamOf = (id) => catalogue.datastreams.byId(id)
  const audit = createBrokerAudit(catalogue.audit, { datastreamOf, log })
  const ingest = createIngest({
    catalogue,
    intake,
    limits,
    now,
    log,
    onForeign: ({ id }) => audit.forbidden({ kind: 'device', id }, 'readings of a foreign building'),
  })
  const connections = createConnections({
    catalogue,
    limits,
    now,
    keepsSession: (clientId) => router.keepsSession(clientId),
  })
  const door = createDoor({
    catalogue,
    ingest,
    log,
    now,
    absorb: (packet) => router.absorb(packet),
    onForbidden: (identity, topic) => {
      counts.forbidden += 1
      audit.forbidden(identity, topic)
    },
  })

  const router = await createRouter({
    limits,
    isAbsorbed: (topic) => topic.endsWith('/observations'),
    preConnect(packet, client) {
      const username = packet.username ?? connections.userNameOf(client)
      if (username === undefined) return
      packet.username = username
      const { clientId } = packet
      const isDevice = catalogue.devices.find(username) !== undefined
      packet.clientId = isDevice && clientId !== '' ? clientId : ownClientId(username, clientId)
    },
    authenticate(client, userName, password, done) {
      const refusal = connections.authenticate(client, userName, password)
      if (refusal === undefined) return done(null, true)
      counts.refusedLogins += 1
      if (!refusal.answered) client.conn.destroy()
      else {
        log.info({ client: client.id, reason: refusal.message }, 'MQTT connection refused')
        done(refusal, false)
      }
    },
    authorizePublish(client, packet, done) {
      const identity = client && connections.identityOf(client)
      if (identity) void answer(door.publish(identity, packet, isLastWill(client, packet)), done)
      else done(new Error('nobody published'))
    },
    maySubscribe(client, filter) {
      const identity = connections.identityOf(client)
      const granted =
        identity !== undefined &&
        maySubscribe(identity, filter, datastreamOf) &&
        audit.subscription(identity, filter)
      if (granted) live.subscribed(client, filter)
      return granted
    },
    mayReceive: (client, topic) => mayHear(client, topic),
  })
  const mayHear = (client: Client, topic: string): boolean => {
    const identity = connections.identityOf(client)
    return identity !== undefined && mayReceive(identity, topic, datastreamOf)
  }
  const live = createLiveUpdates({
    router,
    intake,
    observations,
    datastreams: catalogue.datastreams,
    now,
    log,
    mayRead: mayHear,
  })

  router.on('clientDisconnect', (client) => {
    live.gone(client)
    connections.gone(client)
  })
  const noteError = (client: Client, error: Error): void =>
    log.debug({ client: client.id, reason: error.message }, 'MQTT connection ended')
  router.on('clientError', noteError)
  router.on('connectionError', noteError)
  router.onError((error) => log.error({ err: error }, 'MQTT broker'))

  const listener = await createListener({
    host: options.host,
    port: options.port,
    portSetting: 'NADI_MQTT_PORT',
    log,
    limits,
    onConnection(source, peer) {
      const client = router.connect(source, {
        onRefused(reason) {
          log.info({ client: client.id, reason }, 'MQTT connection refused')
        },
        pauseMs: (bytes, packets) => connections.pauseMs(client, bytes, packets),
      })
      connections.arrived(client, peer)
    },
  })
  const tlsListener =
    options.tls &&
    (await createTlsListener({
      host: options.tls.host,
      port: options.tls.port,
      tls: options.tls.source,
      log,
      limits,
      accept: listener.accept,
    }).catch(async (error: unknown) => {
      await listener.close()
      await router.close()
      throw error
    }))
  retainBirths(catalogue.births, router)
  retainStatuses(catalogue.devices, router, now())
  const revocation = setInterval(() => connections.endRevoked(log), REVOCATION_CHECK_MS)
  revocation.unref()

  const allCounts = (): BrokerCounts => ({
    connections: listener.connections(),
    ...ingest.counts,
    ...counts,
    packets: router.packets().accepted,
    refused: router.packets().refused,
    dropped: router.dropped(),
  })
  if (options.metrics) registerMetrics(options.metrics, allCounts)

  const close = async (): Promise<void> => {
    clearInterval(revocation)
    live.close()
    await router.close()
    await tlsListener?.close()
    await listener.close()
    await door.settled()
  }

  return {
    port: listener.port,
    tlsPort: tlsListener?.port,
    handleUpgrade: listener.handleUpgrade,
    retryQuarantined: ingest.retryQuarantined,
    publish({ topic, payload, qos = 1, retain = false }) {
      router.publish({ topic, payload: Buffer.from(payload), qos, retain })
      return Promise.resolve()
    },
    counts: allCounts,
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Aedes asks for a client's last will as for any publish; its types leave `will` out (Aedes 1.2.0, `client.js`). */
const isLastWill = (client: Client, packet: object): boolean => 'will' in client && client.will === packet

/** Hands a promise on to a callback. */
const answer = async (
  outcome: Promise<Error | undefined>,
  done: (error?: Error | null) => void,
): Promise<void> => done(await outcome)
