import { createServer, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { Aedes } from 'aedes'
import { decodePack, type SenmlRecord } from '../../city/senml.ts'
import { matchTopic } from '../../city/topics.ts'

/** A real broker on a port of its own whose acknowledgements a test can hold back or refuse. */
export interface TestBroker extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Every observation that was acknowledged, in order of arrival, repetitions included. */
  readonly received: SenmlRecord[]
  /** All publishes that arrived, before they were acknowledged. */
  readonly publishes: { topic: string; payload: string; retain: boolean }[]
  /** PUBLISH packets that came over the network, whether the broker has looked at them yet or not. */
  readonly packetsArrived: number
  /** Ends each connection, as a restart would. */
  dropClients(): void
  close(): Promise<void>
}

export interface TestBrokerOptions {
  port?: number
  password?: string
  /** Called for each pack; the acknowledgement is sent when it resolves, the connection dropped when it rejects. */
  beforeAcknowledgement?: (values: readonly number[]) => Promise<void>
}

export const createTestBroker = async ({
  port = 0,
  password,
  beforeAcknowledgement = async () => undefined,
}: TestBrokerOptions = {}): Promise<TestBroker> => {
  const received: SenmlRecord[] = []
  const publishes: TestBroker['publishes'] = []

  const take = async (packet: {
    topic: string
    payload: Buffer | string
    retain: boolean
  }): Promise<void> => {
    publishes.push({ topic: packet.topic, payload: String(packet.payload), retain: packet.retain })
    if (matchTopic(packet.topic)?.kind !== 'observations') return
    const pack = decodePack(packet.payload, Date.now())
    if (!pack.ok || pack.problems.length > 0) throw new Error('an agent sent a wrong pack')
    await beforeAcknowledgement(pack.records.map(({ value }) => value))
    received.push(...pack.records)
  }

  const answer = async (
    packet: Parameters<typeof take>[0],
    callback: (error?: Error | null) => void,
  ): Promise<void> => {
    let failure: Error | null = null
    try {
      await take(packet)
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error))
    }
    callback(failure)
  }

  const broker = await Aedes.createBroker({
    authenticate: (_client, _username, given, done) =>
      done(null, password === undefined || String(given) === password),
    authorizePublish: (_client, packet, callback) => {
      void answer(packet, callback)
    },
  })
  let packetsArrived = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    broker.handle(
      wholePackets(socket, (packet) => {
        if ((packet[0] ?? 0) >> 4 === PUBLISH) packetsArrived += 1
      }),
    )
  })
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  const actualPort = typeof address === 'object' && address ? address.port : 0

  const dropClients = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const close = async (): Promise<void> => {
    dropClients()
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
    })
    await new Promise<void>((resolve) => {
      broker.close(() => resolve())
    })
  }
  return {
    url: `mqtt://127.0.0.1:${actualPort}`,
    port: actualPort,
    received,
    publishes,
    get packetsArrived() {
      return packetsArrived
    },
    dropClients,
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Packet type of MQTT 3.1.1, section 2.2.1. */
const PUBLISH = 3

/** Aedes on Node 26 reads fragments wrongly, so it is handed whole packets. */
const wholePackets = (socket: Socket, onPacket: (packet: Buffer) => void): Duplex => {
  let held = Buffer.alloc(0)
  const duplex = new Duplex({
    read: () => undefined,
    write: (chunk, _encoding, callback) => {
      socket.write(chunk, () => callback())
    },
    final: (callback) => {
      socket.end(() => callback())
    },
    destroy: (error, callback) => {
      socket.destroy()
      callback(error)
    },
  })
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk])
    for (let length = packetLength(held); length > 0 && held.length >= length; length = packetLength(held)) {
      onPacket(held.subarray(0, length))
      duplex.push(held.subarray(0, length))
      held = held.subarray(length)
    }
  })
  socket.on('error', () => undefined)
  socket.on('close', () => duplex.destroy())
  return duplex
}

/** Length of the packet that these bytes begin, by its fixed header; 0 while that is incomplete. */
const packetLength = (bytes: Buffer): number => {
  let remaining = 0
  for (let index = 1; index < Math.min(bytes.length, 5); index++) {
    const byte = bytes[index] ?? 0
    remaining += (byte & 0x7f) * 128 ** (index - 1)
    if (byte < 0x80) return 1 + index + remaining
  }
  return 0
}
