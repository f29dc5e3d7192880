import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { startInflux } from '../test/support/influx.ts'
import { temporaryFolder } from '../test/support/temporaryFolder.ts'
import { until } from '../test/support/until.ts'

/**
 * What a user would set up instead: Mosquitto with persistence, a Node subscriber (QoS 1, session kept), InfluxDB.
 * Its acknowledgement means "in Mosquitto's memory"; what is stored is counted at InfluxDB's confirmations.
 */
export interface Peer extends AsyncDisposable {
  port: number
  /** Observations that InfluxDB confirmed so far. */
  stored(): number
  /** Resolves when `expected` are stored, or none came for 20 s: how long that took, and how many are stored then. */
  drained(expected: number): Promise<{ seconds: number; stored: number }>
  /** Processor time of its three processes so far (Linux). */
  cpuSeconds(): number
}

export const startPeer = async (): Promise<Peer> => {
  const stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const influx = stack.use(await startInflux())
  await fetch(`${influx.url}/query?q=${encodeURIComponent('CREATE DATABASE bench')}`, { method: 'POST' })
  const port = await freePort()
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
  const mosquitto = spawn('mosquitto', ['-c', config], { stdio: 'inherit' })
  stack.defer(() => ended(mosquitto))
  const subscriber = fork(path.join(import.meta.dirname, 'ingestPeerSubscriber.ts'), { execArgv: [] })
  stack.defer(() => ended(subscriber))
  let stored = 0
  let ready = false
  subscriber.on('message', (message: { stored: number }) => {
    ready = true
    stored = message.stored
  })
  subscriber.send({ port, url: `${influx.url}/write?db=bench&precision=ms` })
  await until(() => ready, { what: 'the subscriber' })
  return {
    port,
    stored: () => stored,
    cpuSeconds: () =>
      [influx.pid, mosquitto.pid, subscriber.pid].reduce<number>((sum, pid) => sum + cpuSecondsOf(pid), 0),
    async drained(expected) {
      const startedMs = performance.now()
      let last = -1
      let changedMs = startedMs
      await until(
        () => {
          const nowMs = performance.now()
          if (stored !== last) changedMs = nowMs
          last = stored
          return stored >= expected || nowMs - changedMs > 20_000
        },
        { timeoutMs: 300_000, what: 'the peer to drain' },
      )
      return { seconds: (changedMs - startedMs) / 1000, stored }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** `utime` and `stime` of proc(5), in ticks of 10 ms. */
const cpuSecondsOf = (pid: number | undefined): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

const ended = async (child: ReturnType<typeof spawn>): Promise<void> => {
  if (child.exitCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

const freePort = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => {
    server.close(resolve)
  })
  return typeof address === 'object' && address !== null ? address.port : 0
}
