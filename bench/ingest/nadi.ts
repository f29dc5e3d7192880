import path from 'node:path'
import { type InfluxServer, startInflux } from '../../test/support/influx.ts'
import { testCity } from '../../test/support/city.ts'
import { createJsonReader } from './readJson.ts'
import type { System } from './system.ts'

/**
 * Nadi's core as `npm start` runs it (`main.ts`, a process of its own): on the embedded store or on a real InfluxDB;
 * with `live`, the demonstration's eight agents, its forecast job and Node-RED too.
 */
export const startNadi = async ({
  store,
  live = false,
}: {
  store: 'embedded' | 'influx'
  live?: boolean
}): Promise<System> => {
  const stack = new AsyncDisposableStack()
  const influx = store === 'influx' ? stack.use(await startInflux()) : undefined
  const city = stack.use(
    await testCity({
      ...(influx && { NADI_STORE: 'influx', NADI_INFLUX_URL: `${influx.url}/bench` }),
      ...(live
        ? { NADI_HISTORY_DAYS: '9' }
        : {
            NADI_CITY: path.join(import.meta.dirname, 'city.yaml'),
            // Flows elsewhere: no Node-RED beside what is measured.
            NADI_FLOWS_URL: 'http://127.0.0.1:9',
          }),
    }),
  )
  const building = live ? 'ministry-office' : 'benchmark'
  let run = await city.start()
  const readJson = createJsonReader()
  return {
    name: `nadi, ${store === 'embedded' ? 'embedded store' : 'InfluxDB'}${live ? ', whole city' : ''}`,
    building,
    port: () => Number(new URL(run.mqtt).port),
    async device(id) {
      const answer = await fetch(`${run.http}/v1/devices`, {
        method: 'POST',
        headers: { authorization: `Bearer ${city.adminKey()}`, 'content-type': 'application/json' },
        body: JSON.stringify({ id, building }),
      })
      if (answer.status !== 201) throw new Error(`device ${id}: ${answer.status} ${await answer.text()}`)
      const { device, password } = (await answer.json()) as { device: string; password: string }
      return { id: device, password }
    },
    async query(datastream, fromMs, toMs) {
      const samples: { timeMs: number; value: number }[] = []
      const range = `from=${new Date(fromMs).toISOString()}&to=${new Date(toMs).toISOString()}`
      let next: string | null = `/v1/series?datastream=${datastream}&bucket=raw&limit=20000&${range}`
      while (next !== null) {
        const headers = { authorization: `Bearer ${city.adminKey()}` }
        const { status, body } = await readJson(`${run.http}${next}`, headers)
        // Not stored yet.
        if (status === 404) break
        const page = body as { items: { time: string; value: number }[]; next: string | null }
        for (const { time, value } of page.items) samples.push({ timeMs: Date.parse(time), value })
        next = page.next
      }
      return samples
    },
    drained: () => Promise.resolve(),
    pids: () => [run.pid, ...pidOf(influx)],
    folders: () => [city.dataDir, ...(influx ? [influx.folder] : [])],
    async killAndRestart() {
      city.process().kill('SIGKILL')
      await city.ended()
      run = await city.start()
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

const pidOf = (influx: InfluxServer | undefined): number[] => (influx ? [influx.pid] : [])
