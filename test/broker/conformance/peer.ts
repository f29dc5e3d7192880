import { connect } from 'node:net'
import { generate, parser, type IConnectPacket, type IPublishPacket, type Packet } from 'mqtt-packet'
import { afterAll, beforeAll, expect } from 'vitest'
import { createOpenBroker, type OpenBroker } from '../../../broker/openBroker.ts'
import type { BrokerLimits } from '../../../broker/limits.ts'
import { until } from '../../support/until.ts'
import { log } from '../support.ts'

/** A client of raw packets and raw bytes, which reads what it gets in order and skips nothing. */
export interface Peer {
  send(...packets: Packet[]): void
  write(...bytes: (Buffer | readonly number[])[]): void
  /** The next packet, which must be of this kind. */
  next<Cmd extends Packet['cmd']>(cmd: Cmd): Promise<Packet & { cmd: Cmd }>
  /** The next packet, of any kind. */
  any(): Promise<Packet>
  /** Resolves once the broker has ended the connection; answers the kinds of packets that came before. */
  closed(): Promise<string[]>
  /** Expects that nothing is on its way: the answer to a PINGREQ is what comes next. */
  nothing(): Promise<void>
  /** The first bytes as they came. */
  bytes(): Buffer
  /** Ends the connection without DISCONNECT. */
  cut(): void
  /** Sends FIN after what was written. */
  finish(): void
}

export const openPeer = async (port: number): Promise<Peer> => {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  const received: Packet[] = []
  const chunks: Buffer[] = []
  let closed = false
  const reader = parser()
  reader.on('packet', (packet) => received.push(packet))
  socket.on('data', (bytes: Buffer) => {
    if (chunks.length < 10) chunks.push(bytes)
    reader.parse(Buffer.from(bytes))
  })
  socket.on('error', () => undefined)
  socket.on('close', () => {
    closed = true
  })
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve)
  })
  const peer: Peer = {
    send: (...packets) => void socket.write(Buffer.concat(packets.map((packet) => generate(packet)))),
    write: (...bytes) => void socket.write(Buffer.concat(bytes.map((part) => Buffer.from(part)))),
    async any() {
      await until(() => received.length > 0 || closed, { what: 'a packet', everyMs: 1 })
      const packet = received.shift()
      if (packet === undefined) throw new Error('the connection ended before a packet came')
      return packet
    },
    async next(cmd) {
      const packet = await peer.any()
      expect(packet.cmd).toBe(cmd)
      return packet as Packet & { cmd: typeof cmd }
    },
    async closed() {
      await until(() => closed, { what: 'the end of the connection', everyMs: 1 })
      return received.map(({ cmd }) => cmd)
    },
    async nothing() {
      peer.send({ cmd: 'pingreq' })
      await peer.next('pingresp')
    },
    bytes: () => Buffer.concat(chunks),
    cut: () => socket.destroy(),
    finish: () => void socket.end(),
  }
  return peer
}

/** One open broker for the tests of a file, and clients that end with it. */
export const conformance = (limits: Partial<BrokerLimits> = {}) => {
  let broker: OpenBroker
  const peers: Peer[] = []
  beforeAll(async () => {
    broker = await createOpenBroker({ port: 0, log, limits })
  })
  afterAll(async () => {
    for (const peer of peers) peer.cut()
    await broker.close()
  })

  const raw = async (): Promise<Peer> => {
    const peer = await openPeer(broker.port)
    peers.push(peer)
    return peer
  }

  /** A client that is connected. */
  const client = async (
    clientId: string,
    options: Partial<IConnectPacket> = {},
  ): Promise<Peer & { sessionPresent: boolean }> => {
    const peer = await raw()
    peer.send(connectPacket(clientId, options))
    const { returnCode, sessionPresent } = await peer.next('connack')
    expect(returnCode).toBe(0)
    return Object.assign(peer, { sessionPresent })
  }

  /** A client that has subscribed. */
  const listener = async (
    clientId: string,
    topic: string,
    qos: 0 | 1 | 2 = 0,
    options: Partial<IConnectPacket> = {},
  ) => {
    const peer = await client(clientId, options)
    await subscribe(peer, { topic, qos })
    return peer
  }

  return { raw, client, listener, port: () => broker.port }
}

let lastId = 100

export const subscribe = async (
  peer: Peer,
  ...subscriptions: { topic: string; qos: 0 | 1 | 2 }[]
): Promise<unknown[]> => {
  lastId += 1
  peer.send({ cmd: 'subscribe', messageId: lastId, subscriptions })
  const suback = await peer.next('suback')
  expect(suback.messageId).toBe(lastId)
  return suback.granted
}

/** Publishes and sees the handshake through. */
export const publish = async (
  peer: Peer,
  topic: string,
  payload: string | Buffer,
  { qos = 1, ...more }: Partial<IPublishPacket> = {},
): Promise<void> => {
  lastId += 1
  peer.send(publishPacket(topic, payload, { qos, messageId: lastId, ...more }))
  if (qos === 0) await peer.nothing()
  if (qos === 1) await peer.next('puback')
  if (qos === 2) {
    await peer.next('pubrec')
    peer.send({ cmd: 'pubrel', messageId: more.messageId ?? lastId })
    await peer.next('pubcomp')
  }
}

export const publishPacket = (
  topic: string,
  payload: string | Buffer,
  { qos = 0, messageId = 1, retain = false, dup = false }: Partial<IPublishPacket> = {},
): Packet => ({ cmd: 'publish', topic, payload, qos, retain, dup, ...(qos > 0 && { messageId }) })

export const connectPacket = (clientId: string, options: Partial<IConnectPacket> = {}): Packet => ({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clean: true,
  clientId,
  keepalive: 0,
  ...options,
})

export const disconnect: Packet = { cmd: 'disconnect' }

/** A string as it stands in a packet. */
export const str = (text: string | readonly number[]): Buffer => {
  const bytes = Buffer.from(text as string)
  return Buffer.concat([u16(bytes.length), bytes])
}

export const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff])

/** A packet of raw parts (shorter than 128 bytes), with its fixed header. */
export const frame = (header: number, ...body: (Buffer | readonly number[])[]): Buffer => {
  const bytes = Buffer.concat(body.map((part) => Buffer.from(part)))
  return Buffer.concat([Buffer.from([header, bytes.length]), bytes])
}

/** A CONNECT of raw parts: flags, then the fields of the payload. */
export const connectFrame = (flags: number, ...payload: Buffer[]): Buffer =>
  frame(0x10, str('MQTT'), [4, flags, 0, 0], ...payload)
