import { setTimeout as sleep } from 'node:timers/promises'
import mqtt from 'mqtt'
import { encodePack } from '../../city/senml.ts'
import { observationsTopic } from '../../city/topics.ts'

/** Devices whose readings are of now: a pack of ten, five times a second each, while others drain their hour. */
export interface Live {
  /** Ends them; milliseconds from publish to PUBACK, ascending. */
  end(): Promise<number[]>
}

const EVERY_MS = 200
const PACK = 10

export const startLive = async (
  url: string,
  devices: readonly { id: string; password: string }[],
): Promise<Live> => {
  const latenciesMs: number[] = []
  const leaving = new AbortController()
  const send = async ({ id, password }: { id: string; password: string }): Promise<void> => {
    const client = await mqtt.connectAsync(url, { clientId: id, username: id, password })
    while (!leaving.signal.aborted) {
      const timeMs = Date.now()
      const pack = Array.from({ length: PACK }, (_, i) => ({
        datastream: `benchmark/${id}/zone-${i}/count`,
        timeMs,
        value: i,
      }))
      const startedMs = performance.now()
      void client
        .publishAsync(observationsTopic(id), encodePack(pack), { qos: 1 })
        .then(() => latenciesMs.push(performance.now() - startedMs))
      await sleep(EVERY_MS)
    }
    await client.endAsync()
  }
  const sending = Promise.all(devices.map(send))
  return {
    async end() {
      leaving.abort()
      await sending
      return latenciesMs.sort((a, b) => a - b)
    },
  }
}
