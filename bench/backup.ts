import { statSync } from 'node:fs'
import path from 'node:path'
import mqtt from 'mqtt'
import { testCity } from '../test/support/city.ts'
import { temporaryFolder } from '../test/support/temporaryFolder.ts'

/**
 * `npm run bench -- backup [--days 60]`: the demonstration city's backup and restore. Prints their seconds and size, and
 * how long a pack of 100 observations waited for its acknowledgement while nothing else was asked and while the
 * backup ran, then what the audit of an access adds to a read.
 */
export const run = async (options: Readonly<Record<string, string>>): Promise<void> => {
  const days = Number(options['days'] ?? 60)
  await using city = await testCity({ NADI_HISTORY_DAYS: String(days) })
  await using folder = await temporaryFolder()
  const { mqtt: url, http } = await city.start()
  const must = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await city.nadi(...args)
    if (code !== 0) throw new Error(stderr)
    return stdout
  }
  const { password }: { password: string } = JSON.parse(
    await must('devices', 'add', 'bench', '--building', 'bench', '--json'),
  )
  const client = await mqtt.connectAsync(url, { username: 'bench', password, clientId: 'bench' })
  let number = 0
  const waits = async (isOver: () => boolean): Promise<number[]> => {
    const waitedMs: number[] = []
    while (!isOver()) {
      const pack = Array.from({ length: 100 }, (_, i) => ({
        n: `bench/room-${i}/temperature`,
        v: (number += 1),
      }))
      const startedMs = performance.now()
      await client.publishAsync('nadi/v1/bench/observations', JSON.stringify(pack), { qos: 1 })
      waitedMs.push(performance.now() - startedMs)
    }
    return waitedMs.sort((a, b) => a - b)
  }
  const inMs = (durationMs: number): (() => boolean) => {
    const endMs = performance.now() + durationMs
    return () => performance.now() > endMs
  }
  await waits(inMs(1_000))
  print('acknowledged, nothing else', summary(await waits(inMs(5_000))))

  const file = path.join(folder.path, 'backup.tar')
  let startedMs = performance.now()
  const backup = { done: false }
  const made = must('backup', file, '--json').finally(() => {
    backup.done = true
  })
  const during = await waits(() => backup.done)
  const { points }: { points: number } = JSON.parse(await made)
  print('backup', {
    days,
    points,
    megabytes: round(statSync(file).size / 1e6),
    seconds: secondsSince(startedMs),
  })
  print('acknowledged, during the backup', summary(during))
  await client.endAsync()

  const reads = async (key: string | undefined, address: (i: number) => string): Promise<number[]> => {
    const tookMs: number[] = []
    for (let i = 0; i < 100; i += 1) {
      startedMs = performance.now()
      const response = await fetch(`${http}${address(i)}`, {
        ...(key !== undefined && { headers: { authorization: `Bearer ${key}` } }),
      })
      await response.arrayBuffer()
      tookMs.push(performance.now() - startedMs)
    }
    return tookMs.sort((a, b) => a - b)
  }
  const open = (): string => '/v1/series?datastream=shared-office/temperature'
  const reserved = (i: number): string => `/v1/series?datastream=bench/room-${i}/power`
  const dense = await mqtt.connectAsync(url, { username: 'bench', password, clientId: 'bench' })
  const pack = Array.from({ length: 100 }, (_, i) => ({ n: `bench/room-${i}/power`, v: i }))
  await dense.publishAsync('nadi/v1/bench/observations', JSON.stringify(pack), { qos: 1 })
  await dense.endAsync()
  await reads(undefined, open)
  print(
    'read, not audited',
    summary(await reads(city.adminKey(), (i) => reserved(i).replace('power', 'temperature'))),
  )
  print('read, an entry each', summary(await reads(city.adminKey(), reserved)))
  print('read, counted', summary(await reads(city.adminKey(), reserved)))

  startedMs = performance.now()
  await must('restore', file, '--data-dir', path.join(folder.path, 'restored'))
  print('restore', { seconds: secondsSince(startedMs) })
}

const summary = (sorted: readonly number[]): object => ({
  times: sorted.length,
  p50Ms: round(sorted[Math.floor(sorted.length / 2)] ?? NaN),
  p99Ms: round(sorted[Math.floor(sorted.length * 0.99)] ?? NaN),
  maxMs: round(sorted.at(-1) ?? NaN),
})

const round = (value: number): number => Math.round(value * 100) / 100

const secondsSince = (startedMs: number): number => round((performance.now() - startedMs) / 1000)

const print = (what: string, figures: object): boolean =>
  process.stdout.write(`${what}: ${JSON.stringify(figures)}\n`)
