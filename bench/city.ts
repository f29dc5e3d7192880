import { readFileSync } from 'node:fs'
import { testCity } from '../test/support/city.ts'

/**
 * `npm run bench -- city`: a whole city with the demonstration's 60 days. Prints how long the history took (made,
 * through MQTT and ingest, stored), the second start, time to first byte of the page, and the core's memory.
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
  for (const path of ['/', '/buildings/shared-office', '/v1/buildings', '/v1/buildings/shared-office/now']) {
    const timesMs: number[] = []
    for (let i = 0; i < 200; i += 1) timesMs.push(await firstByteMs(`${http}${path}`))
    timesMs.sort((a, b) => a - b)
    print(`time to first byte ${path}`, {
      p50Ms: at(timesMs, 0.5),
      p99Ms: at(timesMs, 0.99),
      requests: timesMs.length,
    })
  }
  print('memory of the core', { residentMb: residentMb(pid) })

  async function restart() {
    city.process().kill('SIGINT')
    await city.ended()
    startedMs = performance.now()
    const run = await city.start()
    print('second start', { readySeconds: seconds(startedMs) })
    return run
  }
}

const firstByteMs = async (url: string): Promise<number> => {
  const startedMs = performance.now()
  const response = await fetch(url)
  const elapsedMs = performance.now() - startedMs
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return elapsedMs
}

const at = (sorted: readonly number[], share: number): number =>
  Math.round((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN) * 100) / 100

const seconds = (sinceMs: number): number => Math.round((performance.now() - sinceMs) / 10) / 100

const residentMb = (pid: number): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024)

const historyLine = (output: string): string =>
  output.split('\n').findLast((line) => line.includes('istory')) ?? ''

const print = (what: string, figures: object): boolean =>
  process.stdout.write(`${what}: ${JSON.stringify(figures)}\n`)
