import { setTimeout as sleep } from 'node:timers/promises'
import mqtt from 'mqtt'
import { decodePack } from '../../../city/senml.ts'
import { meetParent } from '../parent.ts'

/**
 * What stands between Mosquitto and InfluxDB in the usual pipeline: a kept session at QoS 1, lines gathered and
 * written in batches, a failed write tried again. MQTT.js acknowledges a pack when it has handed it over, before it is
 * written. Its one argument is `SubscriberOptions` as JSON.
 */
export interface SubscriberOptions {
  port: number
  /** InfluxDB's address for writing; after a restart of the server it comes as a message. */
  url: string
}

const FLUSH_MS = 100
const RECONNECT_MS = 200
const WRITE_TIMEOUT_MS = 5000

const options = JSON.parse(process.argv[2] ?? '{}') as SubscriberOptions
let { url } = options
const { tell, onMessage } = meetParent()
onMessage((message) => {
  if (message.kind === 'writeTo') url = message.url
})

let lines: string[] = []
const client = mqtt.connect(`mqtt://127.0.0.1:${options.port}`, {
  clientId: 'ingest',
  clean: false,
  reconnectPeriod: RECONNECT_MS,
})
client.on('error', () => undefined)
client.on('message', (_topic, payload) => {
  const pack = decodePack(payload, Date.now())
  if (!pack.ok) return
  for (const { name, timeMs, value } of pack.records) {
    lines.push(`observation,datastream=${name} value=${value} ${timeMs}`)
  }
})
client.subscribe('nadi/v1/+/observations', { qos: 1 }, () => tell({ kind: 'finished' }))

for (;;) {
  const batch = lines
  lines = []
  while (batch.length > 0) {
    try {
      const signal = AbortSignal.timeout(WRITE_TIMEOUT_MS)
      const response = await fetch(url, { method: 'POST', body: batch.join('\n'), signal })
      if (!response.ok) throw new Error(`InfluxDB answered ${response.status}`)
      tell({ kind: 'acknowledged', atMs: Date.now() })
      break
    } catch {
      await sleep(RECONNECT_MS)
    }
  }
  await sleep(FLUSH_MS)
}
