import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { birthTopic } from '../../city/topics.ts'
import { createSpool } from '../../edge/spool.ts'
import { pino } from 'pino'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { until } from '../support/until.ts'
import { createTestBroker, type TestBroker } from './testBroker.ts'

const root = path.resolve(import.meta.dirname, '../..')
const HOUR_MS = 3_600_000
const FIRST_MS = Date.UTC(2026, 2, 2)

/** Starts a replay of `replayed.csv` and gathers what it says. */
const replay = (folder: string, broker: TestBroker, ...more: string[]) => {
  const passwordFile = path.join(folder, 'replay.password')
  writeFileSync(passwordFile, 'right\n')
  const files = ['--replay', 'replayed.csv', '--mapping', 'replayed.yaml']
  const child = spawn(
    process.execPath,
    [path.join(root, 'bin/nadi.mjs'), 'edge', ...files, '--building', 'tower', '--url', broker.url]
      .concat(['--device', 'tower-edge', '--password-file', passwordFile])
      .concat(more),
    {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, NADI_LOG: 'error' },
    },
  )
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  return { child, said: () => said }
}

const observed = (broker: TestBroker) =>
  broker.received.map(({ name, timeMs, value }) => `${name} ${(timeMs - FIRST_MS) / HOUR_MS} ${value}`).sort()

describe('nadi edge --replay', () => {
  it('publishes the readings of a file with its own times and ends with 0 when all are acknowledged', async () => {
    await using folder = await temporaryFolder()
    await using broker = await createTestBroker({ password: 'right' })
    const { child, said } = replay(folder.path, broker, '--speed', 'max')
    expect(await once(child, 'close')).toEqual([0, null])
    expect(observed(broker)).toEqual([
      'tower/floor-1/energy 0 10.5',
      'tower/floor-1/energy 1 11',
      'tower/floor-1/energy 3 12.75',
      'tower/floor-1/energy 4 13',
      'tower/floor-2/energy 0 20',
      'tower/floor-2/energy 1 21.25',
      'tower/floor-2/energy 2 22',
      'tower/floor-2/energy 4 24',
    ])
    expect(said()).toContain('8 read, 8 acknowledged, 0 in the spool')
    const births = broker.publishes.filter(({ topic }) => topic === birthTopic('tower-edge'))
    expect(JSON.parse(births[0]?.payload ?? '').datastreams).toContainEqual(
      expect.objectContaining({ name: 'tower/floor-1/energy', unit: 'kWh', kind: 'interval' }),
    )
  })

  it('takes a part of the file when told from when to when', async () => {
    await using folder = await temporaryFolder()
    await using broker = await createTestBroker()
    const range = ['--from', '2026-03-02T01:00:00Z', '--to', '2026-03-02T02:00:00Z']
    const { child } = replay(folder.path, broker, '--speed', '0', ...range)
    expect(await once(child, 'close')).toEqual([0, null])
    expect(observed(broker)).toEqual(['tower/floor-1/energy 1 11', 'tower/floor-2/energy 1 21.25'])
  })

  it('moves the first time to the present with --now, and the others with it', async () => {
    await using folder = await temporaryFolder()
    await using broker = await createTestBroker()
    const beforeMs = Date.now()
    const { child } = replay(folder.path, broker, '--speed', 'max', '--now')
    expect(await once(child, 'close')).toEqual([0, null])
    const times = broker.received.map(({ timeMs }) => timeMs)
    const firstMs = Math.min(...times)
    expect(firstMs).toBeGreaterThanOrEqual(beforeMs)
    expect(firstMs).toBeLessThanOrEqual(Date.now())
    expect(Math.max(...times) - firstMs).toBe(4 * HOUR_MS)
  })

  it('keeps what is unacknowledged for the next time when it is stopped, and says so', async () => {
    await using folder = await temporaryFolder()
    await using silent = await createTestBroker({ beforeAcknowledgement: () => new Promise(() => undefined) })
    const spoolFile = path.join(folder.path, 'edge-tower-edge.sqlite')
    const { child, said } = replay(folder.path, silent, '--speed', 'max')
    await until(() => silent.publishes.some(({ topic }) => topic.endsWith('/observations')), {
      timeoutMs: 50_000,
    })
    child.kill('SIGINT')
    expect(await once(child, 'close')).toEqual([1, null])
    expect(said()).toContain('8 readings unacknowledged')
    using spool = createSpool({
      file: spoolFile,
      maxBytes: 1e9,
      log: pino({ level: 'silent' }),
      now: Date.now,
    })
    expect(spool.stats().count).toBe(8)
  })

  it('ends with 2 and names the file when there is none', async () => {
    await using folder = await temporaryFolder()
    await using broker = await createTestBroker()
    const { child, said } = replay(folder.path, broker, '--mapping', 'nowhere.yaml')
    expect(await once(child, 'close')).toEqual([2, null])
    expect(said()).toContain('nowhere.yaml')
  })
})
