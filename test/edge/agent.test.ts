import path from 'node:path'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { createAgent } from '../../edge/agent.ts'
import { createSpool } from '../../edge/spool.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { until } from '../support/until.ts'
import { createTestBroker, type TestBroker } from './testBroker.ts'

const LIMITS = { retryFirstMs: 20, retryLongestMs: 100, recordsPerPack: 10, packsInFlight: 3 }
const quiet = pino({ level: 'silent' })
const birth = { things: [{ name: 'office' }], datastreams: [{ name: 'office/co2', unit: 'ppm' }] }

const valuesOf = (broker: TestBroker): number[] => broker.received.map(({ value }) => value)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

describe('the agent', () => {
  const config = (broker: TestBroker, file: string) => ({
    device: 'office',
    proof: { password: 'right' },
    urls: [broker.url],
    building: 'office',
    spool: { file, maxBytes: 1e9 },
    publishIntervalMs: 0,
    backlogPerSecond: 100_000,
    driver: { kind: 'test' },
    folder: '.',
  })
  const driverOf = (values: readonly number[], end: 'ends' | 'fails' | 'waits') => ({
    canWait: true,
    describe: () => birth,
    async *read(signal: AbortSignal) {
      for (const value of values) {
        yield [{ datastream: 'office/co2', timeMs: 1_764_000_000_000 + value, value }]
      }
      if (end === 'fails') throw new Error('the meter is gone')
      if (end === 'waits') {
        await new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => resolve())
        })
      }
    },
    [Symbol.asyncDispose]: async () => undefined,
  })
  const surroundings = { log: quiet, now: Date.now, random: () => 0.5, limits: LIMITS }

  it('is finished when its source has ended and everything is acknowledged', async () => {
    await using folder = await temporaryFolder()
    await using broker = await createTestBroker()
    await using agent = await createAgent({
      config: config(broker, path.join(folder.path, 'spool.sqlite')),
      driver: driverOf(upTo(500), 'ends'),
      ...surroundings,
    })
    await agent.finished
    expect(agent.stats()).toMatchObject({ read: 500, acknowledged: 500, count: 0, refused: 0 })
    expect(valuesOf(broker)).toEqual(upTo(500))
  })

  it('sends what it has read before it tells that its driver failed', async () => {
    await using folder = await temporaryFolder()
    await using broker = await createTestBroker()
    await using agent = await createAgent({
      config: config(broker, path.join(folder.path, 'spool.sqlite')),
      driver: driverOf(upTo(20), 'fails'),
      ...surroundings,
    })
    await expect(agent.finished).rejects.toThrow('the meter is gone')
    await until(() => agent.stats().count === 0)
    expect(valuesOf(broker)).toEqual(upTo(20))
  })

  it('leaves out what cannot be sent, counts it, and sends the rest', async () => {
    await using folder = await temporaryFolder()
    await using broker = await createTestBroker()
    await using agent = await createAgent({
      config: config(broker, path.join(folder.path, 'spool.sqlite')),
      driver: driverOf([1, Number.NaN, 2, Number.POSITIVE_INFINITY, 3], 'ends'),
      ...surroundings,
    })
    await agent.finished
    expect(agent.stats()).toMatchObject({ read: 5, refused: 2 })
    expect(valuesOf(broker)).toEqual([1, 2, 3])
  })

  it('closes on its signal, drained, and leaves the spool for the next one', async () => {
    await using folder = await temporaryFolder()
    await using broker = await createTestBroker()
    const file = path.join(folder.path, 'spool.sqlite')
    const stopping = new AbortController()
    const agent = await createAgent({
      config: config(broker, file),
      driver: driverOf(upTo(50), 'waits'),
      ...surroundings,
      signal: stopping.signal,
    })
    await until(() => agent.stats().read === 50 && agent.stats().connected)
    stopping.abort()
    await agent.close()
    expect(valuesOf(broker)).toEqual(upTo(50))
    using spool = createSpool({ file, maxBytes: 1e9, log: quiet, now: Date.now })
    expect(spool.stats().count).toBe(0)
  })

  it('holds a source that can wait back, so that a small spool drops nothing of it', async () => {
    await using folder = await temporaryFolder()
    await using broker = await createTestBroker()
    const bytesOfAll = 53 * 40_000
    await using agent = await createAgent({
      config: {
        ...config(broker, path.join(folder.path, 'spool.sqlite')),
        spool: { file: path.join(folder.path, 'spool.sqlite'), maxBytes: bytesOfAll / 15 },
      },
      driver: {
        ...driverOf([], 'ends'),
        async *read() {
          for (let from = 0; from < 40_000; from += 1_000) {
            yield upTo(1_000).map((value) => ({
              datastream: 'office/co2',
              timeMs: 1_764_000_000_000 + from + value,
              value: from + value,
            }))
          }
        },
      },
      ...surroundings,
      limits: { ...LIMITS, recordsPerPack: 1_000 },
    })
    await agent.finished
    expect(agent.stats()).toMatchObject({ read: 40_000, acknowledged: 40_000, dropped: 0 })
    expect(broker.received.at(-1)?.value).toBe(40_000)
  })
})
