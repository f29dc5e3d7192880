import { connect, type Socket } from 'node:net'
import { generate } from 'mqtt-packet'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { until } from '../../support/until.ts'
import { connectPacket, conformance, publish, publishPacket, subscribe } from '../conformance/peer.ts'

/** Tells everybody else that the broker has ended a connection. */
const willOf = (clientId: string) => ({
  topic: `ended/${clientId}`,
  payload: Buffer.from('gone'),
  qos: 0 as const,
  retain: true,
})

/** A subscriber whose socket is never read. */
const stuck = async (port: number, clientId: string, qos: 0 | 1): Promise<Socket> => {
  const socket = connect({ host: '127.0.0.1', port })
  socket.pause()
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve)
  })
  socket.write(
    Buffer.concat([
      generate(connectPacket(clientId, { will: willOf(clientId) })),
      generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'flood', qos }] }),
    ]),
  )
  return socket
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Bytes of buffers that somebody still holds: broker and clients are this process. */
const bufferBytes = (): number => {
  // V8 gives the memory of buffers back on another thread, after its collection; the next collection waits for that.
  collectGarbage()
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}

describe('A subscriber that does not read', () => {
  const { client, port } = conformance({ maxUnreadBytes: 200_000, unreadTimeoutMs: 1500 })

  it('holds up nobody, makes the broker keep no more than `maxUnreadBytes`, and is ended after `unreadTimeoutMs`', async () => {
    const sockets = [await stuck(port(), 'stuck-0', 0), await stuck(port(), 'stuck-1', 1)]
    const reader = await client('reader')
    await subscribe(reader, { topic: 'flood', qos: 0 })
    const sender = await client('sender')
    // Both have subscribed once the broker has answered everybody else.
    await publish(sender, 'other', 'x')
    const payload = Buffer.alloc(100_000)
    const before = bufferBytes()
    for (let i = 0; i < 400; i += 1) {
      await publish(sender, 'flood', payload)
      await reader.next('publish')
    }
    // 40 MB were published to each; the kernel takes some of it, the broker a bounded part.
    expect(bufferBytes() - before).toBeLessThan(12_000_000)
    await subscribe(reader, { topic: 'ended/+', qos: 0 })
    // What is in flight at QoS 1 fits the kernel's buffers: that one waits for its keep-alive.
    expect((await reader.next('publish')).topic).toBe('ended/stuck-0')
    for (const socket of sockets) socket.destroy()
  })

  it('of its acknowledgements is read no more itself, and what it sent is not lost', async () => {
    const socket = connect({ host: '127.0.0.1', port: port() })
    socket.pause()
    await new Promise<void>((resolve) => {
      socket.once('connect', resolve)
    })
    socket.write(generate(connectPacket('deaf')))
    const acknowledged = new Set<number>()
    for (let i = 1; i <= 2000; i += 1)
      socket.write(generate(publishPacket('deaf', 'x', { qos: 1, messageId: i })))
    const pieces: Buffer[] = []
    socket.on('data', (bytes: Buffer) => pieces.push(bytes))
    socket.resume()
    await until(() => Buffer.concat(pieces).length >= 4 + 2000 * 4)
    const bytes = Buffer.concat(pieces)
    for (let at = 4; at < bytes.length; at += 4) acknowledged.add(bytes.readUInt16BE(at + 2))
    expect(acknowledged.size).toBe(2000)
    socket.destroy()
  })
})
