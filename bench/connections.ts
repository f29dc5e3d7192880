import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { ConnectionsReport, ConnectionsTask } from './ingest/connectionClients.ts'
import { startMosquitto } from './ingest/mosquitto.ts'
import { startNadi } from './ingest/nadi.ts'
import { residentMb, type System } from './ingest/system.ts'

/**
 * `npm run bench -- connections [--idle N] [--publishing N] [--seconds N]`: memory for each connection that is only
 * kept alive, and for each that publishes a pack of ten each second, with the time to acknowledgement; beside
 * Mosquitto. Every connection is a device of its own. Twice as many open files as connections are needed (`ulimit -n`).
 */
export const run = async (options: Readonly<Record<string, string>>): Promise<void> => {
  const idle = Number(options['idle'] ?? 5_000)
  const publishing = Number(options['publishing'] ?? 500)
  const seconds = Number(options['seconds'] ?? 20)
  const starts = [() => startNadi({ store: 'embedded' }), () => startMosquitto()]
  for (const start of starts) {
    await using system = await start()
    const devices: { id: string; password: string }[] = []
    for (let i = 0; i < idle + publishing; i += 1) devices.push(await system.device(`device-${i}`))
    const before = residentMb(system)
    await using kept = await connect(system, { devices: devices.slice(0, idle), seconds: 0 })
    const withIdle = residentMb(system)
    await using busy = await connect(system, { devices: devices.slice(idle), seconds })
    const { p50Ms, p99Ms, packs } = await busy.published()
    const figures = {
      idle: kept.connected,
      kilobytesEachIdle: kilobytes(withIdle - before, idle),
      publishing: busy.connected,
      kilobytesEachPublishing: kilobytes(residentMb(system) - withIdle, publishing),
      packs,
      p50Ms,
      p99Ms,
      residentMb: Math.round(residentMb(system)),
    }
    process.stdout.write(`${system.name}: ${JSON.stringify(figures)}\n`)
  }
}

const kilobytes = (megabytes: number, connections: number): number =>
  Number(((megabytes * 1000) / connections).toFixed(1))

/** Clients in a process of their own; they stay until it is disposed. */
const connect = async (
  system: System,
  { devices, seconds }: Pick<ConnectionsTask, 'devices' | 'seconds'>,
) => {
  const clients = fork(path.join(import.meta.dirname, 'ingest/connectionClients.ts'), { execArgv: [] })
  const task: ConnectionsTask = { port: system.port(), devices, seconds, building: 'benchmark' }
  clients.send(task)
  const { connected } = (await said(clients)) as { connected: number }
  return {
    connected,
    published: async () => (await said(clients)) as ConnectionsReport,
    async [Symbol.asyncDispose]() {
      clients.kill()
      await once(clients, 'exit')
    },
  }
}

const said = async (child: ChildProcess): Promise<unknown> => {
  const [message] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the clients ended with ${String(code)}`)
    }),
  ])) as [unknown]
  return message
}
