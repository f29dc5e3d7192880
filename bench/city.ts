import { readFileSync } from 'node:fs'
import { testCity } from '../test/support/city.ts'
import { firstPaints } from './firstPaint.ts'

/**
 * `npm run bench -- city`: a whole city with the demonstration's 60 days. Prints how long the history took (made,
 * through MQTT and ingest, stored), the second start, time to first byte of the page, when a browser paints it first
 * and what that transfers, the core's memory, and the time to first byte again, without and with a model learning in
 * its thread.
 */
export const run = async (options: Readonly<Record<string, string>>): Promise<void> => {
  const days = Number(options['days'] ?? 60)
  await using city = await testCity({ NADI_HISTORY_DAYS: String(days), NADI_LOG: 'info' })
  let startedMs = performance.now()
  await city.start()
  print('first start with history', {
    days,
    readySeconds: seconds(startedMs),
    history: historyLine(city.output()),
  })

  const { http, pid } = await restart()
  for (const path of PATHS)
    print(`time to first byte ${path}`, percentilesOf(await firstBytes(http, path, 200)))
  for (const path of PATHS.filter((each) => !each.startsWith('/v1'))) {
    const { ms, kilobytes } = await firstPaints(`${http}${path}`, 20)
    print(`first contentful paint ${path}`, { ...percentilesOf(ms), kilobytes })
  }
  print('memory of the core', { residentMb: residentMb(pid) })
  const { alone, learning } = await besideTraining(http, city.adminKey())
  print('time to first byte, nothing learning', percentilesOf(alone))
  print('time to first byte, a model learning', percentilesOf(learning))
  print('learning over not', {
    p50: ratio(learning, alone, 0.5),
    p99: ratio(learning, alone, 0.99),
  })

  async function restart() {
    city.process().kill('SIGINT')
    await city.ended()
    startedMs = performance.now()
    const run = await city.start()
    print('second start', { readySeconds: seconds(startedMs) })
    return run
  }
}

const PATHS = ['/', '/buildings/shared-office', '/v1/buildings', '/v1/buildings/shared-office/now']
const ROUNDS = 25

/** Times while nothing learns and while a model does, taken before, during and after several trainings. */
const besideTraining = async (
  http: string,
  key: string,
): Promise<{ alone: number[]; learning: number[] }> => {
  const alone: number[] = []
  const learning: number[] = []
  const ask = async (path: string, init?: RequestInit): Promise<{ id: string; state: string }> => {
    const response = await fetch(`${http}/v1/trainings${path}`, {
      ...init,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    })
    if (!response.ok) throw new Error(`The training: ${response.status} ${await response.text()}`)
    return (await response.json()) as { id: string; state: string }
  }
  const all = async (into: number[]): Promise<void> => {
    for (const path of PATHS) into.push(...(await firstBytes(http, path, ROUNDS)))
  }
  for (let round = 0; round < 3; round += 1) {
    for (let i = 0; i < 4; i += 1) await all(alone)
    let training = await ask('', { method: 'POST', body: JSON.stringify({ property: 'energy' }) })
    while (training.state === 'running') {
      await all(learning)
      training = await ask(`/${training.id}`)
    }
    if (training.state !== 'done') throw new Error(`The training failed: ${JSON.stringify(training)}`)
  }
  return { alone, learning }
}

const firstBytes = async (http: string, path: string, count: number): Promise<number[]> => {
  const timesMs: number[] = []
  for (let i = 0; i < count; i += 1) timesMs.push(await firstByteMs(`${http}${path}`))
  return timesMs
}

const percentilesOf = (timesMs: readonly number[]) => ({
  p50Ms: at(timesMs, 0.5),
  p99Ms: at(timesMs, 0.99),
  requests: timesMs.length,
})

const ratio = (some: readonly number[], others: readonly number[], share: number): number =>
  Math.round((100 * at(some, share)) / at(others, share)) / 100

const firstByteMs = async (url: string): Promise<number> => {
  const startedMs = performance.now()
  const response = await fetch(url)
  const elapsedMs = performance.now() - startedMs
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return elapsedMs
}

const at = (timesMs: readonly number[], share: number): number => {
  const sorted = timesMs.toSorted((a, b) => a - b)
  return (
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN) * 100) / 100
  )
}

const seconds = (sinceMs: number): number => Math.round((performance.now() - sinceMs) / 10) / 100

const residentMb = (pid: number): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024)

const historyLine = (output: string): string =>
  output.split('\n').findLast((line) => line.includes('istory')) ?? ''

const print = (what: string, figures: object): boolean =>
  process.stdout.write(`${what}: ${JSON.stringify(figures)}\n`)
