import mqtt from 'mqtt'

/**
 * The peer's subscriber, as one would write it: packs to line protocol, written in batches. Its session is kept by
 * Mosquitto; mqtt.js acknowledges each pack when it is handed over, before it is written.
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
  let lines: string[] = []
  let writing = false
  let stored = 0

  const flush = async (): Promise<void> => {
    if (writing || lines.length === 0) return
    writing = true
    while (lines.length > 0) {
      const batch = lines.slice(0, BATCH_LINES)
      lines = lines.slice(BATCH_LINES)
      const response = await fetch(url, { method: 'POST', body: batch.join('\n') })
      if (!response.ok) throw new Error(`InfluxDB answered ${response.status}: ${await response.text()}`)
      stored += batch.length
      process.send?.({ stored })
    }
    writing = false
  }

  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: 'ingest', clean: false })
  client.on('message', (_topic, payload) => {
    let name = ''
    let time = 0
    for (const record of JSON.parse(payload.toString()) as SenmlRecord[]) {
      name = record.bn ?? name
      time = record.bt ?? time
      const timeMs = Math.round((time + (record.t ?? 0)) * 1000)
      lines.push(`observation,datastream=${name}${record.n ?? ''} value=${record.v} ${timeMs}`)
    }
    if (lines.length >= BATCH_LINES) void flush()
  })
  await client.subscribeAsync('nadi/v1/+/observations', { qos: 1 })
  setInterval(() => void flush(), FLUSH_MS)
  process.send?.({ stored })
}

process.once('message', ({ port, url }: { port: number; url: string }) => void run(port, url))
process.once('disconnect', () => process.exit())
