import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import mqtt, { type IClientOptions } from 'mqtt'
import { describe, expect, it } from 'vitest'
import { nadi } from '../support/city.ts'
import { createOpenBroker } from '../../broker/openBroker.ts'
import { until } from '../support/until.ts'
import { log } from './support.ts'

const open = async () => {
  const stack = new AsyncDisposableStack()
  const broker = stack.use(await createOpenBroker({ port: 0, log }))
  const url = `mqtt://127.0.0.1:${broker.port}`
  return {
    broker,
    url,
    async client(clientId: string, options: IClientOptions = {}) {
      const client = await mqtt.connectAsync(url, { clientId, reconnectPeriod: 0, ...options })
      const heard: string[] = []
      client.on('message', (topic, payload, { qos, retain }) =>
        heard.push(`${topic} ${payload.toString()} q${qos}${retain ? ' r' : ''}`),
      )
      stack.defer(() => client.endAsync(true))
      return Object.assign(client, { heard })
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

describe('The open broker', () => {
  it('routes any topic at each QoS, and retains', async () => {
    await using it = await open()
    const sender = await it.client('sender')
    const listener = await it.client('listener')
    await listener.subscribeAsync({ 'any/+/topic': { qos: 2 }, 'low/#': { qos: 0 } })
    for (const qos of [0, 1, 2] as const) await sender.publishAsync('any/old/topic', `${qos}`, { qos })
    await sender.publishAsync('low/a', 'x', { qos: 2, retain: true })
    await until(() => listener.heard.length === 4)
    expect(listener.heard.sort()).toEqual([
      'any/old/topic 0 q0',
      'any/old/topic 1 q1',
      'any/old/topic 2 q2',
      'low/a x q0',
    ])
    const late = await it.client('late')
    await late.subscribeAsync('#', { qos: 2 })
    await until(() => late.heard.length === 1)
    expect(late.heard[0]).toMatch(/^low\/a x .* r$/)
  })

  it('keeps messages for a session whose client is away', async () => {
    await using it = await open()
    const away = await it.client('away', { clean: false })
    await away.subscribeAsync('news/#', { qos: 1 })
    await away.endAsync()
    const sender = await it.client('sender')
    for (let i = 0; i < 3; i += 1) await sender.publishAsync(`news/${i}`, 'x', { qos: 1 })
    const back = await it.client('away', { clean: false })
    await until(() => back.heard.length === 3)
    expect(back.heard).toEqual(['news/0 x q1', 'news/1 x q1', 'news/2 x q1'])
  })

  it('publishes the last will', async () => {
    await using it = await open()
    const listener = await it.client('listener')
    await listener.subscribeAsync('wills/#')
    const dying = await it.client('dying', {
      will: { topic: 'wills/dying', payload: Buffer.from('gone'), qos: 1, retain: false },
    })
    dying.stream.destroy()
    await until(() => listener.heard.length === 1)
  })

  it('is a command that says where it listens and ends at SIGINT', async () => {
    const child = spawn(process.execPath, ['bin/nadi.mjs', 'broker', '--open', '--port', '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
    expect(line).toMatch(/^mqtt:\/\/127\.0\.0\.1:\d+$/)
    const client = await mqtt.connectAsync(line, { reconnectPeriod: 0 })
    await client.publishAsync('a', 'b', { qos: 1 })
    await client.endAsync()
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  it('ends with what to do when its port is taken', async () => {
    const squatter = createServer().listen(0, '127.0.0.1')
    await once(squatter, 'listening')
    const { port } = squatter.address() as AddressInfo
    const { code, stderr } = await nadi(['broker', '--open', '--port', String(port)], {})
    squatter.close()
    expect(code).toBe(1)
    expect(stderr).toContain(`MQTT port ${port} on 127.0.0.1 is in use`)
    expect(stderr).toContain('--port')
  })
})
