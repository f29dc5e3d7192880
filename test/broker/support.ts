import { connect, type Socket } from 'node:net'
import path from 'node:path'
import { parser, generate, type Packet } from 'mqtt-packet'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { type Logger, pino } from 'pino'
import type { Authority } from '../../authority/openAuthority.ts'
import { createBroker, type Broker } from '../../broker/createBroker.ts'
import type { BrokerLimits } from '../../broker/limits.ts'
import type { Catalogue } from '../../store/catalogue/catalogue.ts'
import { openCatalogue } from '../../store/catalogue/open.ts'
import { createIntake, type Intake } from '../../store/intake.ts'
import type { ObservationStore } from '../../store/observations.ts'
import { testAuthority } from '../support/authority.ts'
import { openObservations } from '../support/stores.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { until } from '../support/until.ts'

/** A city's broker over a real catalogue and a real store in a temporary folder. */
export interface BrokerUnderTest extends AsyncDisposable {
  broker: Broker
  catalogue: Catalogue
  observations: ObservationStore
  intake: Intake
  /** Signs the certificate of the TLS port, and what `clientCertificate` asks it for. */
  authority: Authority
  url: string
  tlsUrl: string
  /** Adds a device of a building (`library`) and answers its password. */
  device(id: string, building?: string): string
  /** A client of mqtt.js, connected. Ends with the broker. */
  client(userName: string, password: string, options?: IClientOptions): Promise<MqttClient>
  /** The stored samples of a Datastream, ascending. */
  samples(datastream: string): Promise<{ timeMs: number; value: number }[]>
}

export interface BrokerTestOptions {
  limits?: Partial<BrokerLimits>
  now?: () => number
  log?: Logger
  authority?: Authority
  /** Puts something between the intake and the store: a failing or a slow disk. */
  wrap?: (store: ObservationStore) => ObservationStore
}

export const log = pino({ level: 'silent' })

/** A log whose lines a test can read. */
export const linesOf = (): { log: Logger; lines: () => string } => {
  let text = ''
  const log = pino({ level: 'info' }, { write: (line: string) => (text += line) })
  return { log, lines: () => text }
}

export const brokerUnderTest = async ({
  limits = {},
  now = Date.now,
  log: brokerLog = log,
  authority: given,
  wrap = (store) => store,
}: BrokerTestOptions = {}): Promise<BrokerUnderTest> => {
  const stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const catalogue = stack.adopt(
    openCatalogue({ file: path.join(folder.path, 'catalogue.sqlite'), log, now }),
    (it) => it.close(),
  )
  const observations = wrap(stack.use(await openObservations(folder.path, log)))
  const intake = createIntake({ catalogue, observations, log })
  const authority = given ?? stack.use(await testAuthority())
  const broker = stack.use(
    await createBroker({
      catalogue,
      intake,
      observations,
      host: '127.0.0.1',
      port: 0,
      tls: { host: '127.0.0.1', port: 0, source: authority.tls },
      log: brokerLog,
      now,
      limits,
    }),
  )
  const url = `mqtt://127.0.0.1:${broker.port}`
  return {
    broker,
    catalogue,
    observations,
    intake,
    authority,
    url,
    tlsUrl: `mqtts://127.0.0.1:${broker.tlsPort}`,
    device: (id, building = 'library') => catalogue.devices.add(id, building),
    async client(username, password, options = {}) {
      const client = await mqtt.connectAsync(url, {
        username,
        password,
        clientId: username,
        reconnectPeriod: 0,
        ...options,
      })
      client.on('error', () => undefined)
      stack.defer(() => client.endAsync(true))
      return client
    },
    async samples(datastream) {
      const known = catalogue.datastreams.find(datastream)
      if (known === undefined) return []
      return observations.raw({ datastreamId: known.id, fromMs: 0, toMs: 8e15, limit: 10_000 })
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** A client that speaks raw packets over a socket, for what no decent library does. */
export interface RawClient {
  socket: Socket
  received: Packet[]
  send(packet: Packet): void
  /** The packet with this command, once it has come. */
  next(cmd: Packet['cmd']): Promise<Packet>
  isClosed(): boolean
}

export const rawClient = async (port: number): Promise<RawClient> => {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  const received: Packet[] = []
  let closed = false
  const reader = parser()
  reader.on('packet', (packet) => received.push(packet))
  socket.on('data', (bytes) => reader.parse(Buffer.from(bytes)))
  socket.on('error', () => undefined)
  socket.on('close', () => {
    closed = true
  })
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve)
  })
  return {
    socket,
    received,
    send: (packet) => socket.write(generate(packet)),
    next: (cmd) => until(() => received.find((packet) => packet.cmd === cmd), { what: `a ${cmd}` }),
    isClosed: () => closed,
  }
}

export const connectPacket = (username: string, password: string, keepalive = 60): Packet => ({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clean: true,
  clientId: username,
  keepalive,
  username,
  password: Buffer.from(password),
})

export const publishPacket = (topic: string, payload: string | Buffer, messageId = 1): Packet => ({
  cmd: 'publish',
  topic,
  payload,
  qos: 1,
  messageId,
  dup: false,
  retain: false,
})
