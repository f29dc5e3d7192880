import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { logIn } from './logIn.ts'
import { packTemplates } from './packs.ts'

/** What `connections.ts` asks of this process: to connect, and for so many seconds to publish a pack each second. */
export interface ConnectionsTask {
  port: number
  devices: { id: string; password: string }[]
  building: string
  /** 0: only connected. */
  seconds: number
}

export interface ConnectionsReport {
  packs: number
  p50Ms: number
  p99Ms: number
}

/** As many connect at a time. */
const AT_ONCE = 50
const PACK_SIZE = 10

const open = async ({ port }: ConnectionsTask, device: ConnectionsTask['devices'][number], index: number) => {
  // Each from one of 200 addresses of the loopback network: no address is over its own limit.
  const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.1.${1 + (index % 200)}` })
  await logIn(socket, device)
  return socket
}

const run = async (task: ConnectionsTask): Promise<void> => {
  const { devices, building, seconds } = task
  const sockets: Socket[] = []
  for (let at = 0; at < devices.length; at += AT_ONCE) {
    const some = devices.slice(at, at + AT_ONCE)
    sockets.push(...(await Promise.all(some.map((device, i) => open(task, device, at + i)))))
  }
  process.send?.({ connected: sockets.filter((socket) => socket.readyState === 'open').length })
  if (seconds === 0) return
  const timesMs = (
    await Promise.all(
      sockets.map(async (socket, index) => {
        const device = devices[index]?.id ?? ''
        const [template] = packTemplates({ packSize: PACK_SIZE, building }, device, index)
        const own: number[] = []
        // Spread over the second, as devices are.
        await delayMs((1000 * index) / sockets.length)
        for (let n = 0; n < seconds; n += 1) {
          const startedMs = performance.now()
          socket.write(template?.(1 + n, Date.now() / 1000) ?? '')
          await once(socket, 'data')
          own.push(performance.now() - startedMs)
          await delayMs(1000 - (performance.now() - startedMs))
        }
        return own
      }),
    )
  )
    .flat()
    .sort((a, b) => a - b)
  const at = (share: number): number =>
    Number((timesMs[Math.floor(share * (timesMs.length - 1))] ?? NaN).toFixed(1))
  process.send?.({ packs: timesMs.length, p50Ms: at(0.5), p99Ms: at(0.99) } satisfies ConnectionsReport)
}

const delayMs = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, ms))
  })

process.once('message', (task: ConnectionsTask) => void run(task))
process.once('disconnect', () => process.exit())
