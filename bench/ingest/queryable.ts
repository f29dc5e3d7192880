import { setTimeout as sleep } from 'node:timers/promises'
import mqtt from 'mqtt'
import type { System } from './system.ts'

const EVERY_MS = 100
/** After this the value counts as not seen; the next one is sent. */
const PATIENCE_MS = 10_000

/**
 * A device that publishes one reading at a time beside the load, and a reader that asks for it over HTTP until it is
 * there: the time from publish until a reader sees the value, its own asking included.
 */
export const watchQueryable = async (
  { building, query, port }: System,
  device: { id: string; password: string },
): Promise<{ end(): Promise<object> }> => {
  const datastream = `${building}/probe/temperature`
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port()}`, {
    clientId: device.id,
    username: device.id,
    password: device.password,
  })
  const timesMs: number[] = []
  let unseen = 0
  const ending = new AbortController()

  const probe = async (): Promise<void> => {
    const timeMs = Date.now()
    const payload = JSON.stringify([{ n: datastream, t: timeMs / 1000, v: 20 }])
    const sentMs = performance.now()
    // Not awaited: a reader cares for the value, not for the acknowledgement.
    client.publish(`nadi/v1/${device.id}/observations`, payload, { qos: 1 })
    while (performance.now() - sentMs < PATIENCE_MS) {
      if (((await query?.(datastream, timeMs, timeMs + 1)) ?? []).length > 0) {
        timesMs.push(performance.now() - sentMs)
        return
      }
    }
    unseen += 1
  }
  const running = (async () => {
    while (!ending.signal.aborted) {
      await probe()
      await sleep(EVERY_MS)
    }
  })()

  return {
    async end() {
      ending.abort()
      await running
      await client.endAsync()
      timesMs.sort((a, b) => a - b)
      const at = (share: number): number =>
        Number((timesMs[Math.floor(share * (timesMs.length - 1))] ?? NaN).toFixed(1))
      return { queryableP50Ms: at(0.5), queryableP99Ms: at(0.99), probes: timesMs.length, unseen }
    },
  }
}
