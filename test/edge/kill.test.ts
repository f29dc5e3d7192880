import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { until } from '../support/until.ts'
import { createTestBroker } from './testBroker.ts'

const ROUNDS = 6
const TOGETHER = 300

describe('an agent that is killed while it publishes', () => {
  it(
    'loses nothing that it took over, and sends again what was not acknowledged',
    { timeout: 240_000 },
    async () => {
      await using folder = await temporaryFolder()
      const spool = path.join(folder.path, 'spool.sqlite')
      const journal = path.join(folder.path, 'journal')
      const takenOver = (): number =>
        existsSync(journal) ? Number(readFileSync(journal, 'utf8').trim().split('\n').at(-1)) : 0
      const start = (last: number): ChildProcess =>
        spawn(
          process.execPath,
          [path.join(import.meta.dirname, 'agentProcess.ts'), broker.url, spool, journal, String(last)],
          { stdio: ['ignore', 'ignore', 'inherit'] },
        )

      let broker = await createTestBroker()
      const received = new Set<number>()
      const collect = (): void => {
        for (const { value } of broker.received) received.add(value)
      }
      try {
        for (let round = 0; round < ROUNDS; round++) {
          // Killed at another place each time: some rows are spooled, some under way, some acknowledged.
          const target = takenOver() + TOGETHER + round * 37
          const agent = start(1e9)
          await until(() => takenOver() >= target && broker.received.length > 0, {
            timeoutMs: 60_000,
            everyMs: 5,
          })
          agent.kill('SIGKILL')
          await once(agent, 'exit')
          if (round % 3 === 2) {
            collect()
            const { port } = broker
            await broker.close()
            broker = await createTestBroker({ port })
          }
        }
        const all = takenOver()
        const lastAgent = start(all)
        const [code] = await once(lastAgent, 'exit')
        expect(code).toBe(0)
        collect()
        const missing = Array.from({ length: all }, (_, index) => index + 1).filter((n) => !received.has(n))
        expect(missing).toEqual([])
        expect(all).toBeGreaterThan(ROUNDS * TOGETHER)
      } finally {
        await broker.close()
      }
    },
  )
})
