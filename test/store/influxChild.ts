import { pino } from 'pino'
import { createInfluxStore } from '../../store/influx/influxStore.ts'

/**
 * A process to be killed: appends to five streams, six readings an hour of data and an old one again beside each, with
 * hours summed up all the time, and prints `STREAM TIME VALUE` once a point is acknowledged. Values only grow.
 * Arguments: the store's address, the first number.
 */
const [url = '', firstText = '0'] = process.argv.slice(2)
const STEP_MS = 600_000
const store = await createInfluxStore({ url, log: pino({ level: 'silent' }), gatherMs: 1 })

const stream = async (datastreamId: number): Promise<never> => {
  for (let number = Number(firstText); ; number += 1) {
    const late = (number * 7919) % (number + 1)
    for (const [step, value] of [
      [number, 2 * number],
      [late, 2 * number + 1],
    ] as const) {
      const timeMs = step * STEP_MS
      await store.append([{ datastreamId, timeMs, value }])
      process.stdout.write(`${datastreamId} ${timeMs} ${value}\n`)
    }
  }
}

await Promise.all([1, 2, 3, 4, 5].map(stream))
