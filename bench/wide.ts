import { pino } from 'pino'
import type { Point } from '../city/observation.ts'
import { createInfluxStore } from '../store/influx/influxStore.ts'
import type { BucketQuery } from '../store/observations.ts'
import { startInflux } from '../test/support/influx.ts'

/**
 * Wide questions to the store on InfluxDB, answered from the samples alone and then from its hourly sums: one year of
 * one stream in days, 30 days of 40 streams in hours.
 *
 * `npm run bench -- wide [--seconds STEP]`: the step between readings, 60 when there is none.
 */
const START_MS = Date.parse('2025-11-01T00:00:00+08:00')
const DAY_MS = 86_400_000
const ROUNDS = 5
const print = (line: string): void => void process.stdout.write(`${line}\n`)

export const run = async ({ seconds = '60' }: Readonly<Record<string, string>>): Promise<void> => {
  const stepMs = Number(seconds) * 1000
  await using server = await startInflux()
  await using store = await createInfluxStore({
    url: `${server.url}/bench`,
    log: pino({ level: 'silent' }),
    gatherMs: 2 ** 31 - 1,
  })
  const fill = async (datastreamId: number, days: number): Promise<void> => {
    let points: Point[] = []
    for (let timeMs = START_MS; timeMs < START_MS + days * DAY_MS; timeMs += stepMs) {
      points.push({ datastreamId, timeMs, value: (timeMs - START_MS) / stepMs })
      if (points.length < 10_000) continue
      await store.append(points)
      points = []
    }
    await store.append(points)
  }
  await fill(1, 365)
  for (let id = 2; id <= 41; id += 1) await fill(id, 30)

  const ask = (datastreamId: number, days: number, unit: 'h' | 'd') => {
    const query: BucketQuery = {
      datastreamId,
      kind: 'counter',
      bucket: { unit, count: 1 },
      timeZone: 'Asia/Makassar',
      fromMs: START_MS,
      toMs: START_MS + days * DAY_MS,
      stepMs,
    }
    return store.buckets(query)
  }
  const measure = async (name: string, question: () => Promise<unknown>): Promise<void> => {
    const durationsMs: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      const startedMs = performance.now()
      await question()
      durationsMs.push(performance.now() - startedMs)
    }
    durationsMs.sort((a, b) => a - b)
    print(`${name}: p50 ${durationsMs[2]?.toFixed(0)} ms, longest ${durationsMs.at(-1)?.toFixed(0)} ms`)
  }
  const both = async (how: string): Promise<void> => {
    await measure(`${how}, one stream, a year in days`, () => ask(1, 365, 'd'))
    await measure(`${how}, 40 streams, 30 days in hours`, () =>
      Promise.all(Array.from({ length: 40 }, (_, i) => ask(i + 2, 30, 'h'))),
    )
  }
  await both('from samples')
  const startedMs = performance.now()
  await store.compact()
  print(`summed up in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
  await both('from hourly sums')
}
