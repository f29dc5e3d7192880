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
 *
 * What a process grows by once, however many connect (code that is compiled, the store's buffers), is in the first
 * figure of each kind and not in the second: that is the slope between half of the connections and all of them.
 */
export const run = async (options: Readonly<Record<string, string>>): Promise<void> => {
  const idle = Number(options['idle'] ?? 5_000)
  const publishing = Number(options['publishing'] ?? 500)
  const seconds = Number(options['seconds'] ?? 20)
  const starts = [() => startNadi({ store: 'embedded' }), () => startMosquitto()]
  for (const start of starts) {
    await using system = await start()
    await using clients = new AsyncDisposableStack()
    const devices: { id: string; password: string }[] = []
    for (let i = 0; i < idle + publishing; i += 1) devices.push(await system.device(`device-${i}`))
    print(`${system.name}: ${residentMb(system).toFixed(0)} MB with nobody connected`)
    for (const kind of [
      { name: 'idle', devices: devices.slice(0, idle), seconds: 0 },
      { name: 'publishing', devices: devices.slice(idle), seconds },
    ]) {
      const half = Math.ceil(kind.devices.length / 2)
      const before = residentMb(system)
      const first = await settle(clients, system, kind, kind.devices.slice(0, half))
      const second = await settle(clients, system, kind, kind.devices.slice(half))
      const connected = first.connected + second.connected
      print(
        `  ${connected} ${kind.name}: ${each(second.residentMb - before, connected)} kB for each, fixed growth included; ` +
          `${each(second.residentMb - first.residentMb, second.connected)} kB for each beyond the first ${first.connected}`,
      )
      for (const { published, connected: of } of [first, second])
        if (published) {
          const { packs, p50Ms, p99Ms } = published
          print(`    ${of} of them: ${packs} packs, acknowledged in ${p50Ms} ms (p50), ${p99Ms} ms (p99)`)
        }
    }
    print(`  ${residentMb(system).toFixed(0)} MB at the end`)
  }
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)

const each = (megabytes: number, connections: number): string =>
  ((megabytes * 1000) / Math.max(1, connections)).toFixed(1)

/** Connects some more, lets them publish if they are to, and says how large the system is then. They stay. */
const settle = async (
  clients: AsyncDisposableStack,
  system: System,
  { seconds }: { seconds: number },
  devices: ConnectionsTask['devices'],
) => {
  const made = clients.use(await connect(system, { devices, seconds }))
  const published = seconds > 0 ? await made.published() : undefined
  return { connected: made.connected, published, residentMb: residentMb(system) }
}

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
