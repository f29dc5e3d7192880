import { connect } from 'node:net'
import { logIn } from './logIn.ts'
import { type PackTemplate, packTemplates } from './packs.ts'

/**
 * The load generator of `ingest.ts`, in a process of its own, on raw connections. Without a pace each connection
 * keeps a window of packs in flight, so that the broker is never idle and never flooded; with one, packs are sent when
 * they are due whatever is still unacknowledged, and latency counts from when a pack was due.
 */
export interface Load {
  port: number
  /** One connection each. */
  devices: { id: string; password: string }[]
  building: string
  /** Observations in one pack, each of another Datastream. */
  packSize: number
  /** Packs in flight on each connection, where there is no pace. */
  window: number
  /** Packs a second over all connections. */
  packsPerSecond?: number
  warmUpSeconds: number
  seconds: number
  /** Time of the first observation; each pack of a connection is a millisecond later than the one before. */
  startSeconds: number
  /** The broker is going to be killed: end quietly with the connections, and tell which packs were acknowledged. */
  untilKilled?: boolean
}

/** What was acknowledged while it was measured; latency from the write of a pack to its PUBACK. */
export interface LoadResult {
  packs: number
  seconds: number
  p50Ms: number
  p99Ms: number
  maxMs: number
  /** All packs acknowledged, the warm-up's too. */
  packsInAll: number
  /** For each connection the numbers of the acknowledged packs, where the broker was to be killed. */
  acknowledged: number[][]
}

const run = async (load: Load): Promise<LoadResult> => {
  const latenciesMs: number[] = []
  const acknowledged: number[][] = load.devices.map(() => [])
  let measuring = false
  let packs = 0
  let packsInAll = 0
  let stopping = false
  const connections = await Promise.all(
    load.devices.map((device, index) =>
      open(load, device, index, {
        stopping: () => stopping,
        onAcknowledged(pack, sinceMs) {
          packsInAll += 1
          if (load.untilKilled) acknowledged[index]?.push(pack)
          if (!measuring) return
          packs += 1
          latenciesMs.push(performance.now() - sinceMs)
        },
      }),
    ),
  )
  const ended = Promise.all(connections.map((connection) => connection.ended))
  await delay(load.warmUpSeconds)
  measuring = true
  const startedMs = performance.now()
  await (load.untilKilled ? ended : delay(load.seconds))
  measuring = false
  const seconds = (performance.now() - startedMs) / 1000
  stopping = true
  for (const connection of connections) connection.goOn()
  await ended
  latenciesMs.sort((a, b) => a - b)
  const at = (share: number): number => latenciesMs[Math.floor(share * (latenciesMs.length - 1))] ?? NaN
  return { packs, seconds, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), packsInAll, acknowledged }
}

interface Watch {
  onAcknowledged: (pack: number, sinceMs: number) => void
  stopping: () => boolean
}

const open = async (
  load: Load,
  device: Load['devices'][number],
  index: number,
  { onAcknowledged, stopping }: Watch,
): Promise<{ ended: Promise<void>; goOn: () => void }> => {
  const socket = connect({ port: load.port, host: '127.0.0.1', noDelay: true })
  await logIn(socket, device)
  const templates = packTemplates(load, device.id, index)
  const sentMs = new Float64Array(65_536)
  const packOf = new Uint32Array(65_536)
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  let nextId = 1
  let count = 0
  let inFlight = 0

  const packet = (sinceMs: number): Buffer => {
    const template = templates[count % templates.length] as PackTemplate
    const bytes = template(nextId, load.startSeconds + count / 1000)
    sentMs[nextId] = sinceMs
    packOf[nextId] = count
    nextId = nextId === 65_535 ? 1 : nextId + 1
    count += 1
    inFlight += 1
    return bytes
  }

  const { packsPerSecond } = load
  const everyMs = packsPerSecond === undefined ? 0 : (1000 * load.devices.length) / packsPerSecond
  // The connections take turns.
  const firstMs = performance.now() + (everyMs * index) / load.devices.length
  const mayGo = (): boolean =>
    packsPerSecond === undefined
      ? inFlight < load.window
      : firstMs + count * everyMs <= performance.now() && inFlight < 65_000

  const send = (): void => {
    const batch: Buffer[] = []
    while (!stopping() && mayGo()) {
      batch.push(packet(packsPerSecond === undefined ? performance.now() : firstMs + count * everyMs))
    }
    if (batch.length > 0) socket.write(Buffer.concat(batch))
    if (!stopping() || inFlight > 0) return
    clearInterval(pace)
    socket.end()
    end()
  }
  const pace = packsPerSecond === undefined ? undefined : setInterval(send, 1)

  let rest = Buffer.alloc(0)
  socket.on('data', (bytes: Buffer) => {
    const data = rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes
    let offset = 0
    for (; offset + 4 <= data.length; offset += 4) {
      if (data[offset] !== 0x40) throw new Error(`not a PUBACK: ${data.toString('hex', offset, offset + 4)}`)
      const id = data.readUInt16BE(offset + 2)
      inFlight -= 1
      onAcknowledged(packOf[id] ?? 0, sentMs[id] ?? 0)
    }
    rest = Buffer.from(data.subarray(offset))
    send()
  })
  socket.on('error', (error) => {
    if (!load.untilKilled) throw error
  })
  socket.on('close', () => {
    clearInterval(pace)
    if (!load.untilKilled && !stopping()) throw new Error('the broker ended a connection')
    end()
  })
  send()
  return { ended, goOn: send }
}

const delay = (seconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, seconds * 1000)
  })

process.once('message', (load: Load) => {
  run(load).then(
    (result) => process.send?.(result, () => process.disconnect?.()),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`)
      process.exit(1)
    },
  )
})
