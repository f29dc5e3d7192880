import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pino } from 'pino'
import type { Point } from '../city/observation.ts'
import { createEmbeddedStore } from '../store/embedded/embeddedStore.ts'
import { createInfluxStore } from '../store/influx/influxStore.ts'
import type { BucketQuery, ObservationStore } from '../store/observations.ts'

/**
 * Measures an observation store: points a second through `append`, and how long questions take afterwards.
 *
 * `npm run bench -- store [embedded | http://127.0.0.1:8086/bench] [million points]`
 */
const [target = 'embedded', millionsText = '3'] = process.argv.slice(3)
const POINTS = Number(millionsText) * 1e6
const STREAMS = 1000
const STEP_MS = 60_000
const START_MS = Date.parse('2026-03-01T00:00:00+08:00')
const ZONE = 'Asia/Makassar'
const print = (line: string): void => void process.stdout.write(`${line}\n`)

/** The `index`-th point of a city that reports each stream once a minute. */
const pointAt = (index: number): Point => ({
  datastreamId: (index % STREAMS) + 1,
  timeMs: START_MS + Math.floor(index / STREAMS) * STEP_MS,
  value: Math.floor(index / STREAMS) / 10,
})

const quantiles = (durationsMs: number[]): string => {
  const sorted = durationsMs.sort((a, b) => a - b)
  const at = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1)
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`
}

/** Appends for `seconds` with so many appends under way at once. */
const measureAppends = async (store: ObservationStore, first: number, size: number, inFlight: number) => {
  const durationsMs: number[] = []
  const startedMs = performance.now()
  const endMs = startedMs + 5000
  const cpu = process.cpuUsage()
  let next = first
  const sender = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const points = Array.from({ length: size }, (_, i) => pointAt(next + i))
      next += size
      const sentMs = performance.now()
      await store.append(points)
      durationsMs.push(performance.now() - sentMs)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, sender))
  const seconds = (performance.now() - startedMs) / 1000
  const { user, system } = process.cpuUsage(cpu)
  print(
    `appends of ${size}, ${inFlight} at once: ${Math.round((next - first) / seconds)} points/s, ` +
      `${quantiles(durationsMs)}, ${((user + system) / 1e6 / seconds).toFixed(2)} cores`,
  )
  return next
}

const measureQuery = async (name: string, ask: () => Promise<unknown>): Promise<void> => {
  const durationsMs: number[] = []
  for (let i = 0; i < 30; i += 1) {
    const startedMs = performance.now()
    await ask()
    durationsMs.push(performance.now() - startedMs)
  }
  print(`${name}: ${quantiles(durationsMs)}`)
}

const measureQueries = async (store: ObservationStore, points: number): Promise<void> => {
  const newestMs = START_MS + Math.floor(points / STREAMS) * STEP_MS
  let stream = 0
  const range = (days: number) => ({
    datastreamId: (stream = (stream % STREAMS) + 1),
    fromMs: newestMs - days * 86_400_000,
    toMs: newestMs,
  })
  const buckets = (days: number, rest: Pick<BucketQuery, 'kind' | 'bucket'>) => () =>
    store.buckets({ ...range(days), ...rest, timeZone: ZONE, stepMs: STEP_MS })
  await measureQuery('latest of 50', () => store.latest(Array.from({ length: 50 }, (_, i) => i + 1)))
  await measureQuery('one stream, 24 h raw', () => store.raw({ ...range(1), limit: 100_000 }))
  await measureQuery(
    'one stream, 24 h in 15m',
    buckets(1, { kind: 'instant', bucket: { unit: 'm', count: 15 } }),
  )
  await measureQuery(
    'one stream, 7 days in 1h',
    buckets(7, { kind: 'instant', bucket: { unit: 'h', count: 1 } }),
  )
  await measureQuery(
    'one counter, 7 days in 1h',
    buckets(7, { kind: 'counter', bucket: { unit: 'h', count: 1 } }),
  )
  await measureQuery(
    'one counter, 1 year in 1d',
    buckets(365, { kind: 'counter', bucket: { unit: 'd', count: 1 } }),
  )
  await measureQuery('40 streams, 7 days in 1h', () =>
    Promise.all(Array.from({ length: 40 }, buckets(7, { kind: 'instant', bucket: { unit: 'h', count: 1 } }))),
  )
}

const measure = async (store: ObservationStore): Promise<void> => {
  let next = 0
  next = await measureAppends(store, next, 1, 500)
  next = await measureAppends(store, next, 1, 2000)
  next = await measureAppends(store, next, 100, 100)
  const startedMs = performance.now()
  const filledFrom = next
  for (; next < POINTS; next += 10_000) {
    await store.append(Array.from({ length: 10_000 }, (_, i) => pointAt(next + i)))
  }
  const seconds = (performance.now() - startedMs) / 1000
  print(`appends of 10000, one at a time: ${Math.round((next - filledFrom) / seconds)} points/s`)
  print(`${(next / 1e6).toFixed(1)} million points, ${STREAMS} streams, one a minute`)
  await measureQueries(store, next)
}

export const run = async (): Promise<void> => {
  const log = pino({ level: process.env['NADI_LOG'] ?? 'silent' }, pino.destination(2))
  if (target === 'embedded') {
    const folder = await mkdtemp(path.join(tmpdir(), 'nadi-bench-'))
    try {
      const store = await createEmbeddedStore({ folder, log })
      await measure(store)
      await store.close()
    } finally {
      await rm(folder, { recursive: true })
    }
  } else {
    await using store = await createInfluxStore({ url: target, log })
    await measure(store)
  }
}
