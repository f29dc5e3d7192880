import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import mqtt from 'mqtt'
import { generate } from 'mqtt-packet'
import { WebSocket } from 'ws'
import { until } from '../support/until.ts'
import { brokerUnderTest, connectPacket, publishPacket } from './support.ts'

/** The broker behind an HTTP server that hands over upgrades. */
const overHttp = async () => {
  const stack = new AsyncDisposableStack()
  const city = stack.use(await brokerUnderTest())
  const server = createServer()
  server.on('upgrade', city.broker.handleUpgrade)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  stack.defer(() => void server.close())
  const { port } = server.address() as AddressInfo
  return {
    city,
    url: `ws://127.0.0.1:${port}/mqtt`,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

const records = (count: number): string =>
  JSON.stringify(
    Array.from({ length: count }, (_, i) => ({ n: 'library/co2', t: 1_760_000_000 + i, v: 400 })),
  )

describe('MQTT over WebSocket', () => {
  it('stores what mqtt.js publishes, small and large', async () => {
    await using it = await overHttp()
    const client = await mqtt.connectAsync(it.url, {
      username: 'gate-1',
      password: it.city.device('gate-1'),
      clientId: 'gate-1',
      reconnectPeriod: 0,
    })
    for (const count of [1, 10, 2500]) {
      await client.publishAsync('nadi/v1/gate-1/observations', records(count), { qos: 1 })
      expect(await it.city.samples('library/co2')).toHaveLength(count)
    }
    await client.endAsync()
  })

  it('refuses whoever has no identity', async () => {
    await using it = await overHttp()
    await expect(mqtt.connectAsync(it.url, { reconnectPeriod: 0 })).rejects.toThrow(/not authorized/i)
  })

  it('takes packets whatever frames they come in, and refuses those that are too large', async () => {
    await using it = await overHttp()
    const socket = new WebSocket(it.url, 'mqtt')
    const received: Buffer[] = []
    socket.on('message', (bytes: Buffer) => received.push(bytes))
    await new Promise((resolve) => {
      socket.once('open', resolve)
    })
    expect(socket.protocol).toBe('mqtt')
    const bytes = Buffer.concat([
      generate(connectPacket('gate-1', it.city.device('gate-1'))),
      generate(publishPacket('nadi/v1/gate-1/observations', records(50))),
    ])
    for (let i = 0; i < bytes.length; i += 700) socket.send(bytes.subarray(i, i + 700))
    await until(() => Buffer.concat(received).length === 8)
    expect(Buffer.concat(received).toString('hex')).toBe('2002000040020001')
    expect(await it.city.samples('library/co2')).toHaveLength(50)

    let closed = false
    socket.on('close', () => {
      closed = true
    })
    socket.on('error', () => undefined)
    socket.send(Buffer.from([0x30, 0x81, 0x80, 0x08]))
    await until(() => closed)
  })
})

describe('A WebSocket', () => {
  it('ends at a frame that is not binary', async () => {
    await using it = await overHttp()
    const socket = new WebSocket(it.url, 'mqtt')
    await new Promise((resolve) => {
      socket.once('open', resolve)
    })
    let closed = false
    socket.once('close', () => {
      closed = true
    })
    socket.send('text')
    await until(() => closed)
    expect(it.city.broker.counts().connections).toBe(0)
  })

  it.each([
    [['mqtt'], 'mqtt'],
    [['mqttv3.1', 'mqtt'], 'mqtt'],
    [['mqttv3.1'], 'mqttv3.1'],
  ])('that offers %j has "%s" selected', async (offered, selected) => {
    await using it = await overHttp()
    const socket = new WebSocket(it.url, offered)
    await new Promise((resolve) => {
      socket.once('open', resolve)
    })
    expect(socket.protocol).toBe(selected)
    socket.terminate()
  })
})
