import { Duplex } from 'node:stream'
import fc from 'fast-check'
import { generate, type Packet } from 'mqtt-packet'
import { describe, expect, it, vi } from 'vitest'
import { MALFORMED, packetLength } from '../../broker/framing.ts'
import { createFramingGuard } from '../../broker/framingGuard.ts'
import { BROKER_LIMITS, type BrokerLimits } from '../../broker/limits.ts'
import { until } from '../support/until.ts'
import { brokerUnderTest, connectPacket, publishPacket, rawClient } from './support.ts'

const packets = (sizes: readonly number[]): Buffer[] => [
  generate(connectPacket('gate-1', 'secret')),
  ...sizes.map((size, i) => generate(publishPacket('t', 'x'.repeat(size), (i % 65_535) + 1))),
]

/** Cuts bytes at the given places (shares of the whole). */
const cut = (bytes: Buffer, shares: readonly number[]): Buffer[] => {
  const places = [...new Set(shares.map((share) => Math.floor(share * bytes.length)))].sort((a, b) => a - b)
  return [...places, bytes.length].map((place, i) => bytes.subarray(places[i - 1] ?? 0, place))
}

/** A source that is fed by hand, and the chunks that the guard hands on. */
const guarded = (
  limits: Partial<BrokerLimits> = {},
  pauseMs: (bytes: number, packets: number) => number = () => 0,
) => {
  const refused: string[] = []
  const source = new Duplex({ read: () => undefined, write: (_chunk, _encoding, callback) => callback() })
  const guard = createFramingGuard(source, {
    limits: { ...BROKER_LIMITS, ...limits },
    onRefused: (reason) => refused.push(reason),
    pauseMs,
  })
  const chunks: Buffer[] = []
  guard.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    // As the broker does once it has answered CONNECT.
    guard.admit()
  })
  return { source, guard, chunks, refused }
}

describe('The framing guard', () => {
  it('hands on whole packets only, all of them in order, however they are cut', async () => {
    const sizes = fc.array(fc.oneof(fc.nat(40), fc.nat(3000), fc.constantFrom(120, 130, 16_380, 16_390)), {
      maxLength: 12,
    })
    await fc.assert(
      fc.asyncProperty(sizes, fc.array(fc.double({ min: 0, max: 1, noNaN: true })), async (sizes, shares) => {
        const bytes = Buffer.concat(packets(sizes))
        const { source, chunks, refused } = guarded()
        for (const piece of cut(bytes, shares)) source.push(piece)
        await until(() => Buffer.concat(chunks).length === bytes.length, { everyMs: 1 })
        expect(refused).toEqual([])
        expect(Buffer.concat(chunks).equals(bytes)).toBe(true)
        for (const chunk of chunks) {
          let end = 0
          while (end < chunk.length) end += packetLength(chunk, end)
          expect(end).toBe(chunk.length)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('hands on packets that come byte by byte', async () => {
    const bytes = Buffer.concat(packets([200, 0, 20_000]))
    const { source, chunks } = guarded()
    for (const byte of bytes) source.push(Buffer.from([byte]))
    await until(() => chunks.length === 4)
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true)
  })

  it.each([
    ['a packet over the cap, from its header alone', Buffer.from([0x10, 0xff, 0xff, 0x7f]), /2097155 bytes/],
    ['a remaining length of five bytes', Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0x01]), /malformed/],
    ['a first packet that is not CONNECT', generate(publishPacket('t', 'x')), /not CONNECT/],
    ['what is not MQTT at all', Buffer.from('GET / HTTP/1.1\r\n\r\n'), /not CONNECT/],
  ])('refuses %s and ends the connection', async (_what, bytes, reason) => {
    const { source, guard, chunks, refused } = guarded()
    source.push(bytes)
    await until(() => guard.destroyed && source.destroyed)
    expect(refused.join()).toMatch(reason)
    expect(chunks).toEqual([])
  })

  it('takes a packet of exactly the cap', async () => {
    const connect = generate(connectPacket('gate-1', 'secret'))
    const { source, chunks, refused } = guarded({ maxConnectBytes: connect.length })
    source.push(connect)
    await until(() => chunks.length === 1)
    expect(refused).toEqual([])
  })

  it('reads no more than its reader takes', async () => {
    let pushed = 0
    const source = new Duplex({
      write: (_chunk, _encoding, callback) => callback(),
      read() {
        pushed += 1
        this.push(
          pushed === 1 ? Buffer.concat(packets([])) : generate(publishPacket('t', 'x'.repeat(60_000))),
        )
      },
    })
    const guard = createFramingGuard(source, { limits: BROKER_LIMITS, onRefused: () => undefined })
    guard.read(0)
    await until(() => guard.readableLength > 0)
    guard.admit()
    await until(() => guard.readableLength > 60_000)
    const before = pushed
    for (let i = 0; i < 20; i += 1) await new Promise(setImmediate)
    expect(pushed - before).toBeLessThan(3)
    expect(guard.readableLength).toBeLessThan(200_000)
    guard.destroy()
  })

  it('reads lengths as the specification encodes them', () => {
    // MQTT 3.1.1, table 2.4.
    for (const remaining of [0, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455]) {
      const bytes = [0x30]
      let rest = remaining
      do {
        bytes.push((rest % 128) | (rest >= 128 ? 0x80 : 0))
        rest = Math.floor(rest / 128)
      } while (rest > 0)
      expect(packetLength(Uint8Array.from(bytes), 0)).toBe(remaining + bytes.length)
      expect(packetLength(Uint8Array.from(bytes.slice(0, -1)), 0)).toBe(0)
    }
    expect(packetLength(Uint8Array.from([0x30, 0x80, 0x80, 0x80, 0x80]), 0)).toBe(MALFORMED)
  })
})

describe('The broker behind the guard', () => {
  it('acknowledges packets that come in pieces over TCP', async () => {
    await using city = await brokerUnderTest()
    const client = await rawClient(city.broker.port)
    client.send(connectPacket('gate-1', city.device('gate-1')))
    await client.next('connack')
    const records = Array.from({ length: 1000 }, (_, i) => ({
      n: 'library/co2',
      t: 1_760_000_000 + i,
      v: 400,
    }))
    const bytes = generate(publishPacket('nadi/v1/gate-1/observations', JSON.stringify(records)))
    for (const piece of cut(bytes, [0.00001, 0.1, 0.5, 0.9])) {
      client.socket.write(piece)
      await new Promise(setImmediate)
    }
    await client.next('puback')
    expect(await city.samples('library/co2')).toHaveLength(1000)
    client.socket.destroy()
  })

  it('ends a connection that announces too much, before CONNECT and after', async () => {
    await using city = await brokerUnderTest()
    const early = await rawClient(city.broker.port)
    early.socket.write(Buffer.from([0x10, 0x81, 0x80, 0x08]))
    await until(() => early.isClosed())

    const late = await rawClient(city.broker.port)
    late.send(connectPacket('gate-1', city.device('gate-1')))
    await late.next('connack')
    late.send(publishPacket('nadi/v1/gate-1/observations', Buffer.alloc(128 * 1024)))
    await until(() => late.isClosed())
    expect(late.received.map(({ cmd }) => cmd)).toEqual(['connack'])
    expect(city.broker.counts().refused).toBe(2)
  })

  it('ends a connection that does not say CONNECT in time, even if it trickles', async () => {
    await using city = await brokerUnderTest({ limits: { connectTimeoutMs: 100 } })
    const silent = await rawClient(city.broker.port)
    const trickling = await rawClient(city.broker.port)
    trickling.socket.write(Buffer.from([0x10, 0x40, 0x00]))
    await until(() => silent.isClosed() && trickling.isClosed())
  })

  it('counts silence anew from where it reads again, so that none is ended for being read slowly', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      // A pause over 1.5 times the keep-alive that ends just before the timer's next turn.
      const pauses = [0, 2900, 0]
      const { source, guard, refused } = guarded({}, () => pauses.shift() ?? 0)
      const read = (bytes: Buffer): void => {
        source.emit('data', bytes)
        while (guard.read() !== null);
      }
      guard.removeAllListeners('data')
      guard.pause()
      guard.read()
      read(generate(connectPacket('gate-1', 'secret', 1)))
      guard.admit()
      read(generate(publishPacket('t', 'x')))
      vi.advanceTimersByTime(2900)
      expect(source.isPaused()).toBe(false)
      vi.advanceTimersByTime(1400)
      expect(refused).toEqual([])
      vi.advanceTimersByTime(100)
      expect(refused).toEqual(['nothing was heard for 1500 ms'])
    } finally {
      vi.useRealTimers()
    }
  })

  it('reads nothing more of who is over its rate for as long as it is told, and loses nothing of it', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const told: { bytes: number; packets: number }[] = []
      const pauses = [0, 1500, 0]
      const { source, guard, chunks } = guarded({}, (bytes, packets) => {
        told.push({ bytes, packets })
        return pauses.shift() ?? 0
      })
      const [connect, ...others] = packets([10, 20, 30])
      const read = (...pieces: (Buffer | undefined)[]): void => {
        source.emit('data', Buffer.concat(pieces.filter((piece) => piece !== undefined)))
        for (let chunk = guard.read(); chunk !== null; chunk = guard.read()) chunks.push(chunk)
      }
      guard.removeAllListeners('data')
      guard.pause()
      guard.read()
      read(connect)
      guard.admit()
      expect(source.isPaused()).toBe(false)
      read(others[0], others[1])
      expect(source.isPaused()).toBe(true)
      vi.advanceTimersByTime(1499)
      guard.read()
      expect(source.isPaused()).toBe(true)
      vi.advanceTimersByTime(1)
      expect(source.isPaused()).toBe(false)
      read(others[2])
      expect(Buffer.concat(chunks)).toEqual(Buffer.concat(packets([10, 20, 30])))
      expect(told.map((it) => it.packets)).toEqual([1, 2, 1])
      expect(told.reduce((sum, it) => sum + it.bytes, 0)).toBe(Buffer.concat(chunks).length)
      guard.destroy()
    } finally {
      vi.useRealTimers()
    }
  })

  it('lives on whatever bytes come, and still serves others', async () => {
    await using city = await brokerUnderTest()
    const password = city.device('gate-1')
    const valid = (packet: Packet): Buffer => generate(packet)
    const seeds = [
      valid(connectPacket('gate-1', password)),
      valid(publishPacket('nadi/v1/gate-1/observations', '[]')),
      valid({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a/+/#', qos: 2 }] }),
      valid({ cmd: 'unsubscribe', messageId: 1, unsubscriptions: ['a'] }),
      valid({ cmd: 'pubrel', messageId: 9 }),
      valid({ cmd: 'pingreq' }),
    ]
    const mutated = fc
      .tuple(fc.array(fc.constantFrom(...seeds), { maxLength: 6 }), fc.array(fc.tuple(fc.nat(), fc.nat(255))))
      .map(([parts, changes]) => {
        const bytes = Buffer.concat(parts)
        for (const [place, byte] of changes) if (bytes.length > 0) bytes[place % bytes.length] = byte
        return bytes
      })
    await fc.assert(
      fc.asyncProperty(fc.boolean(), mutated, async (connectFirst, bytes) => {
        const client = await rawClient(city.broker.port)
        if (connectFirst) client.send(connectPacket('gate-1', password))
        client.socket.end(bytes)
        await until(() => client.isClosed(), { everyMs: 1 })
      }),
      { numRuns: 150 },
    )
    const client = await city.client('gate-1', password)
    await client.publishAsync('nadi/v1/gate-1/status', 'online', { qos: 1 })
    expect(city.broker.counts().connections).toBe(1)
  })
})
