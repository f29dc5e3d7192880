import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import mqtt from 'mqtt'
import { freePort } from '../../test/faults/freePort.ts'
import { temporaryFolder } from '../../test/support/temporaryFolder.ts'
import { until } from '../../test/support/until.ts'
import type { System } from './system.ts'

const SUBSCRIPTION = 'nadi/v1/+/observations'

/**
 * Mosquitto alone with persistence, and one subscriber with a kept session, that is away meanwhile unless somebody
 * else subscribes: its acknowledgement means "in Mosquitto's memory", saved at intervals (its default: 30 minutes).
 */
export const startMosquitto = async ({ withSession = true } = {}): Promise<System> => {
  const stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const port = await freePort(0)
  const config = path.join(folder.path, 'mosquitto.conf')
  await writeFile(
    config,
    [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous true',
      'persistence true',
      `persistence_location ${folder.path}/`,
      // Its defaults (20 in flight, 1,000 queued) would drop most of this load.
      'max_inflight_messages 1000',
      'max_queued_messages 0',
      'set_tcp_nodelay true',
      'log_type error',
      ...(process.getuid?.() === 0 ? ['user root'] : []),
    ].join('\n'),
  )
  const start = () => spawn('mosquitto', ['-c', config], { stdio: 'inherit' })
  let server = start()
  const kill = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return
    server.kill('SIGKILL')
    await once(server, 'exit')
  }
  stack.defer(kill)
  const connect = () =>
    until(
      () =>
        mqtt
          .connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: 'away', clean: false, reconnectPeriod: 0 })
          .catch(() => undefined),
      { what: 'mosquitto' },
    )
  const subscriber = await connect()
  if (withSession) await subscriber.subscribeAsync(SUBSCRIPTION, { qos: 1 })
  await subscriber.endAsync()

  return {
    name: 'mosquitto alone, persistence on',
    building: 'benchmark',
    port: () => port,
    device: (id) => Promise.resolve({ id, password: 'any' }),
    drained: () => Promise.resolve(),
    pids: () => [server.pid],
    folders: () => [folder.path],
    async killAndRestart() {
      await kill()
      server = start()
      await (await connect()).endAsync()
    },
    async collect() {
      const payloads: string[] = []
      const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { clientId: 'away', clean: false })
      let lastMs = performance.now()
      client.on('message', (_topic, payload) => {
        lastMs = performance.now()
        payloads.push(payload.toString())
      })
      await until(() => client.connected && performance.now() - lastMs > 2000, { timeoutMs: 120_000 })
      await client.endAsync()
      return payloads
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
