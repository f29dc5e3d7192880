import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { bucketsOfSamples } from '../../city/bucketRows.ts'
import { createInfluxStore, type InfluxStore } from '../../store/influx/influxStore.ts'
import { startInflux } from '../support/influx.ts'
import { TEST_SCALE } from '../support/testScale.ts'

const CHILD = path.join(import.meta.dirname, 'influxChild.ts')
const HOUR_MS = 3_600_000
const log = pino({ level: 'silent' })

/** After how many acknowledgements something is killed, round by round, and what. */
const rounds = Array.from({ length: Math.ceil(2 * TEST_SCALE) }, (_, round) => ({
  acks: 60 + ((round * 1741) % 700),
  kill: round % 2 === 0 ? ('nadi' as const) : ('influxd' as const),
}))

/** The hours as the store sums them up, and as its samples add up. */
const bothWays = async (store: InfluxStore, datastreamId: number) => {
  const range = { datastreamId, fromMs: 0, toMs: 400_000 * HOUR_MS }
  const samples = await store.raw({ ...range, limit: 1e6 })
  const question = {
    ...range,
    toMs: (samples.at(-1)?.timeMs ?? 0) + 10 * HOUR_MS,
    kind: 'counter' as const,
    bucket: { unit: 'h' as const, count: 1 },
    timeZone: 'UTC',
    stepMs: 600_000,
  }
  return {
    samples,
    summed: await store.buckets(question),
    expected: bucketsOfSamples(question, samples, undefined, undefined),
  }
}

it('loses nothing acknowledged and no hour’s sum when Nadi or InfluxDB is killed while it sums up', async () => {
  await using server = await startInflux()
  const url = `${server.url}/nadi`
  const acknowledged = new Map<string, number>()
  let first = 0
  for (const { acks, kill } of rounds) {
    const child = spawn(process.execPath, [CHILD, url, String(first)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let count = 0
    for await (const line of createInterface({ input: child.stdout })) {
      const [stream, timeMs, value = ''] = line.split(' ')
      acknowledged.set(`${stream} ${timeMs}`, Number(value))
      first = Math.max(first, Number(value) / 2)
      count += 1
      if (count !== acks) continue
      if (kill === 'influxd') await server.kill()
      else child.kill('SIGKILL')
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    if (kill === 'influxd') await server.restart()
    first = Math.ceil(first) + 1

    await using store = await createInfluxStore({ url, log, waitMs: 30_000 })
    for (const moment of ['as it was left', 'summed up']) {
      for (const id of [1, 2, 3, 4, 5]) {
        const { samples, summed, expected } = await bothWays(store, id)
        const kept = new Map(samples.map(({ timeMs, value }) => [timeMs, value]))
        for (const [key, value] of acknowledged) {
          const [stream, timeMs] = key.split(' ').map(Number)
          if (stream === id) expect(kept.get(timeMs ?? 0), `${key} ${moment}`).toBeGreaterThanOrEqual(value)
        }
        expect(
          summed.map(({ count, min, max, last, sum }) => [count, min, max, last, sum?.toFixed(6)]),
          `stream ${id} ${moment}`,
        ).toEqual(expected.map(({ count, min, max, last, sum }) => [count, min, max, last, sum?.toFixed(6)]))
      }
      await store.compact()
    }
  }
})
