import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { createBroker } from '../broker/createBroker.ts'
import { openCatalogue } from '../store/catalogue/open.ts'
import { createEmbeddedStore } from '../store/embedded/embeddedStore.ts'
import { createIntake } from '../store/intake.ts'
import { testCity } from '../test/support/city.ts'
import { temporaryFolder } from '../test/support/temporaryFolder.ts'
import type { Load, LoadResult } from './ingestLoad.ts'
import { startPeer } from './ingestPeer.ts'

/**
 * `npm run bench -- ingest`: observations a second through MQTT into the durable embedded store, in packs of 1, 10
 * and 100, with the time from publish to PUBACK and the memory of this process, which is broker and store in one; the
 * same on a whole city as `npm start` runs it, with its eight agents, forecast job, Node-RED, a listener on the live
 * stream and somebody who loads the page each second; then the same load on what a user would set up instead. `NADI_BENCH_SECONDS`, `NADI_BENCH_PACK` (one size only),
 * `NADI_BENCH_PEER=false`. Run it with `UV_THREADPOOL_SIZE=16`, as the city runs.
 */
const CONNECTIONS = 8
const BUILDING = 'benchmark'
const CASES = [
  { packSize: 1, window: 64 },
  { packSize: 10, window: 32 },
  { packSize: 100, window: 4 },
]

export const run = async (): Promise<void> => {
  const seconds = Number(process.env['NADI_BENCH_SECONDS'] ?? 10)
  const only = process.env['NADI_BENCH_PACK']
  const cases = CASES.filter(({ packSize }) => only === undefined || Number(only) === packSize)
  for (const shape of cases) {
    await runNadi({ ...shape, seconds })
    await runCity({ ...shape, seconds })
    if (process.env['NADI_BENCH_PEER'] !== 'false') await runPeer({ ...shape, seconds })
  }
}

type Case = (typeof CASES)[number] & { seconds: number }

const runNadi = async ({ packSize, window, seconds }: Case): Promise<void> => {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const log = pino({ level: 'warn' })
  const catalogue = stack.adopt(
    openCatalogue({ file: path.join(folder.path, 'catalogue.sqlite'), log }),
    (it) => it.close(),
  )
  const observations = stack.use(
    await createEmbeddedStore({ folder: path.join(folder.path, 'observations'), log }),
  )
  const intake = createIntake({ catalogue, observations, log })
  const options = { catalogue, intake, observations, host: '127.0.0.1', port: 0, log, now: Date.now }
  const broker = stack.use(await createBroker(options))
  const devices = Array.from({ length: CONNECTIONS }, (_, i) => ({
    id: `device-${i}`,
    password: catalogue.devices.add(`device-${i}`, BUILDING),
  }))
  const cpuBefore = process.cpuUsage()
  const result = await generate({ ...LOAD, port: broker.port, devices, packSize, window, seconds })
  const cpu = process.cpuUsage(cpuBefore)
  report('nadi, embedded store', packSize, window, result, {
    stored: broker.counts().observations === result.packsInAll * packSize ? 'all' : broker.counts(),
    cpuMicrosecondsPerObservation: round((cpu.user + cpu.system) / (result.packsInAll * packSize), 1),
    residentMb: Math.round(process.memoryUsage().rss / 1e6),
  })
}

const runCity = async ({ packSize, window, seconds }: Case): Promise<void> => {
  await using city = await testCity({ NADI_HISTORY_DAYS: '9' })
  const { http, mqtt, pid } = await city.start()
  const devices = await Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, i) => {
      const { stdout } = await city.nadi('devices', 'add', `device-${i}`, '--building', BUILDING, '--json')
      const { device, password } = JSON.parse(stdout)
      return { id: device, password }
    }),
  )
  const stored = async (): Promise<number> => {
    const { body } = await city.get('/metrics', city.adminKey())
    return Number(/^nadi_mqtt_observations_total (\d+)/m.exec(body)?.[1])
  }
  const before = await stored()
  const leaving = new AbortController()
  const visits = visit(http, leaving.signal)
  const result = await generate({
    ...LOAD,
    port: Number(new URL(mqtt).port),
    devices,
    packSize,
    window,
    seconds,
  })
  leaving.abort()
  report('nadi, whole city', packSize, window, result, {
    // The agents' own come on top.
    stored: (await stored()) - before >= result.packsInAll * packSize ? 'all' : 'NOT ALL',
    pagesLoaded: await visits,
    residentMb: Math.round(
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1000,
    ),
  })
}

/** Listens to the live stream and loads the page each second until it is told to leave; how often the page came. */
const visit = async (http: string, signal: AbortSignal): Promise<number> => {
  let pages = 0
  const listening = fetch(`${http}/v1/stream?thing=shared-office`, { signal }).then((stream) => stream.text())
  listening.catch(() => undefined)
  while (!signal.aborted) {
    try {
      const page = await fetch(`${http}/`, { signal })
      await page.text()
      pages += 1
      await sleep(1000, undefined, { signal })
    } catch {
      break
    }
  }
  return pages
}

const runPeer = async ({ packSize, window, seconds }: Case): Promise<void> => {
  await using peer = await startPeer()
  const devices = Array.from({ length: CONNECTIONS }, (_, i) => ({ id: `device-${i}`, password: 'any' }))
  const startedMs = performance.now()
  const result = await generate({ ...LOAD, port: peer.port, devices, packSize, window, seconds })
  const loadSeconds = (performance.now() - startedMs) / 1000
  const storedAtEnd = peer.stored()
  const drained = await peer.drained(result.packsInAll * packSize)
  report('mosquitto + Node subscriber + InfluxDB', packSize, window, result, {
    storedPerSecondUnderLoad: Math.round(storedAtEnd / loadSeconds),
    storedPerSecond: Math.round(drained.stored / (loadSeconds + drained.seconds)),
    drainSeconds: round(drained.seconds, 1),
    stored: drained.stored === result.packsInAll * packSize ? 'all' : drained.stored,
    cpuMicrosecondsPerObservation: round((peer.cpuSeconds() * 1e6) / drained.stored, 1),
  })
}

const LOAD = {
  topic: 'observations' as const,
  building: BUILDING,
  warmUpSeconds: 2,
  startSeconds: 1_760_000_000,
}

/** Runs the generator to its end. */
const generate = (load: Load): Promise<LoadResult> =>
  new Promise((resolve, reject) => {
    const child = fork(path.join(import.meta.dirname, 'ingestLoad.ts'), { execArgv: [] })
    child.once('message', (result: LoadResult) => resolve(result))
    child.once('exit', (code) => {
      if (code !== 0) reject(new Error(`the load generator ended with ${code}`))
    })
    child.send(load)
  })

const report = (
  what: string,
  packSize: number,
  window: number,
  { packs, seconds, p50Ms, p99Ms, maxMs }: LoadResult,
  more: object = {},
): void => {
  const figures = {
    packSize,
    inFlight: CONNECTIONS * window,
    packsPerSecond: Math.round(packs / seconds),
    observationsPerSecond: Math.round((packs / seconds) * packSize),
    p50Ms: round(p50Ms, 1),
    p99Ms: round(p99Ms, 1),
    maxMs: round(maxMs, 1),
    ...more,
  }
  process.stdout.write(`${what}: ${JSON.stringify(figures)}\n`)
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits))
