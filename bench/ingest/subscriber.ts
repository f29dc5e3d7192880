import mqtt from 'mqtt'

/**
 * The pipeline's subscriber, as one would write it: packs to line protocol, written in batches. Its session is kept
 * by Mosquitto; mqtt.js acknowledges each pack when it is handed over, before it is written.
 */
const BATCH_LINES = 5000
const FLUSH_MS = 50

interface SenmlRecord {
  bn?: string
  bt?: number
  n?: string
  t?: number
  v: number
}

const run = async (port: number, url: string): Promise<void> => {
  /** Full batches that wait, in order, and the one that is being filled. */
  let waiting: string[][] = []
  let lines: string[] = []
  let writing = false

  const flush = async (): Promise<void> => {
    if (writing) return
    writing = true
    while (waiting.length > 0 || lines.length > 0) {
      const batches = waiting.length > 0 ? waiting : [lines]
      if (waiting.length > 0) waiting = []
      else lines = []
      for (const batch of batches) await write(batch)
    }
    writing = false
  }

  const write = async (batch: readonly string[]): Promise<void> => {
    const response = await fetch(url, { method: 'POST', body: batch.join('\n') })
    if (!response.ok) throw new Error(`InfluxDB answered ${response.status}: ${await response.text()}`)
    process.send?.('stored')
  }

  const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
    clientId: 'ingest',
    clean: false,
    reconnectPeriod: 200,
  })
  client.on('message', (_topic, payload) => {
    let name = ''
    let time = 0
    for (const record of JSON.parse(payload.toString()) as SenmlRecord[]) {
      name = record.bn ?? name
      time = record.bt ?? time
      const timeMs = Math.round((time + (record.t ?? 0)) * 1000)
      lines.push(`observation,datastream=${name}${record.n ?? ''} value=${record.v} ${timeMs}`)
    }
    if (lines.length < BATCH_LINES) return
    waiting.push(lines)
    lines = []
    void flush()
  })
  client.on('error', () => undefined)
  await client.subscribeAsync('nadi/v1/+/observations', { qos: 1 })
  setInterval(() => void flush(), FLUSH_MS)
  process.send?.('ready')
}

process.once('message', ({ port, url }: { port: number; url: string }) => void run(port, url))
process.once('disconnect', () => process.exit())
