import { connect, type Socket } from 'node:net'
import { generate } from 'mqtt-packet'

/**
 * The load generator of `ingest.ts`, in a process of its own: several raw connections, each with a window of packs in
 * flight, so that the broker is never idle and never flooded. Packs are templates in which only the time and the
 * packet id are patched: the generator must cost less than what it measures.
 */
export interface Load {
  port: number
  /** One connection each. */
  devices: { id: string; password: string }[]
  topic: 'observations'
  building: string
  /** Observations in one pack, each of another Datastream. */
  packSize: number
  /** Packs in flight on each connection. */
  window: number
  warmUpSeconds: number
  seconds: number
  /** Time of the first observation; each pack of a connection is a millisecond later than the one before. */
  startSeconds: number
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
}

const TIME_WIDTH = 14
const DATASTREAMS = 100

const run = async (load: Load): Promise<LoadResult> => {
  const latenciesMs: number[] = []
  let measuring = false
  let packs = 0
  let packsInAll = 0
  let stopping = false
  const onAcknowledged = (sinceMs: number): void => {
    packsInAll += 1
    if (!measuring) return
    packs += 1
    latenciesMs.push(performance.now() - sinceMs)
  }
  const connections = await Promise.all(
    load.devices.map((device, index) => open(load, device, index, onAcknowledged, () => stopping)),
  )
  await delay(load.warmUpSeconds)
  measuring = true
  const startedMs = performance.now()
  await delay(load.seconds)
  measuring = false
  const seconds = (performance.now() - startedMs) / 1000
  stopping = true
  await Promise.all(connections.map((connection) => connection.ended))
  latenciesMs.sort((a, b) => a - b)
  const at = (share: number): number => latenciesMs[Math.floor(share * (latenciesMs.length - 1))] ?? NaN
  return { packs, seconds, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), packsInAll }
}

const open = async (
  load: Load,
  device: Load['devices'][number],
  index: number,
  onAcknowledged: (sinceMs: number) => void,
  stopping: () => boolean,
): Promise<{ ended: Promise<void> }> => {
  const socket = connect({ port: load.port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  socket.write(
    generate({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      clientId: device.id,
      keepalive: 0,
      username: device.id,
      password: Buffer.from(device.password),
    }),
  )
  const connack = (await once(socket, 'data')) as Buffer
  if (connack[0] !== 0x20 || connack[3] !== 0) throw new Error(`CONNACK ${connack.toString('hex')}`)
  const templates = packTemplates(load, device.id, index)
  const sentMs = new Float64Array(65_536)
  let nextId = 1
  let count = 0
  let inFlight = 0
  let end = (): void => undefined
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })

  const send = (): void => {
    const batch: Buffer[] = []
    while (inFlight < load.window && !stopping()) {
      const template = templates[count % templates.length]
      if (!template) throw new Error('no template')
      const packet = Buffer.from(template.bytes)
      packet.writeUInt16BE(nextId, template.idAt)
      packet.write((load.startSeconds + count / 1000).toFixed(3), template.timeAt, 'latin1')
      sentMs[nextId] = performance.now()
      nextId = nextId === 65_535 ? 1 : nextId + 1
      count += 1
      inFlight += 1
      batch.push(packet)
    }
    if (batch.length > 0) socket.write(Buffer.concat(batch))
    if (stopping() && inFlight === 0) {
      socket.end()
      end()
    }
  }

  let rest = Buffer.alloc(0)
  socket.on('data', (bytes: Buffer) => {
    const data = rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes
    let offset = 0
    for (; offset + 4 <= data.length; offset += 4) {
      if (data[offset] !== 0x40) throw new Error(`not a PUBACK: ${data.toString('hex', offset, offset + 4)}`)
      inFlight -= 1
      onAcknowledged(sentMs[data.readUInt16BE(offset + 2)] ?? 0)
    }
    rest = Buffer.from(data.subarray(offset))
    send()
  })
  socket.on('error', (error) => {
    throw error
  })
  send()
  return { ended }
}

const packTemplates = (
  { packSize, building, topic }: Load,
  device: string,
  index: number,
): { bytes: Buffer; idAt: number; timeAt: number }[] => {
  const names = Array.from({ length: DATASTREAMS }, (_, i) => `zone-${i}/temperature`)
  const packs = packSize === 1 ? names.map((name) => [name]) : [names.slice(0, packSize)]
  return packs.map((members) => {
    const records = members.map((n, i) => ({
      ...(i === 0 && { bn: `${building}/floor-${index}/`, bt: 0 }),
      n,
      v: 20 + (i % 80) / 10,
    }))
    const payload = JSON.stringify(records).replace('"bt":0', `"bt":${'0'.repeat(TIME_WIDTH)}`)
    const bytes = generate({
      cmd: 'publish',
      topic: `nadi/v1/${device}/${topic}`,
      payload,
      qos: 1,
      messageId: 1,
      dup: false,
      retain: false,
    })
    const timeAt = bytes.indexOf('"bt":') + 5
    return { bytes, idAt: bytes.indexOf('[{"bn"') - 2, timeAt }
  })
}

const delay = (seconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, seconds * 1000)
  })

const once = (socket: Socket, event: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    socket.once(event, resolve)
    socket.once('error', reject)
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
