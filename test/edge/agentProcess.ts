import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { pino } from 'pino'
import { createAgent } from '../../edge/agent.ts'
import type { Driver } from '../../edge/driver.ts'

/**
 * A real agent in a process that a test may kill: `agentProcess.ts URL SPOOL JOURNAL LAST`. Its source counts 1, 2, 3
 * ... LAST and writes into the journal which numbers the agent has taken over, then goes on from there after a kill.
 */
const [url = '', spoolFile = '', journal = '', last = '0'] = process.argv.slice(2)
const BATCH = 5

const taken = existsSync(journal) ? Number(readFileSync(journal, 'utf8').trim().split('\n').at(-1)) : 0

const driver: Driver = {
  describe: () => ({ things: [{ name: 'office' }], datastreams: [{ name: 'office/co2' }] }),
  async *read(signal) {
    for (let from = taken + 1; from <= Number(last) && !signal.aborted; from += BATCH) {
      const values = Array.from({ length: BATCH }, (_, index) => from + index)
      yield values.map((value) => ({ datastream: 'office/co2', timeMs: 1_764_000_000_000 + value, value }))
      // Reached only when the agent asks for more: the batch above is its own from now on.
      appendFileSync(journal, `${from + BATCH - 1}\n`)
      await turn()
    }
  },
  [Symbol.asyncDispose]: async () => undefined,
}

await using agent = await createAgent({
  config: {
    device: 'office',
    proof: { password: 'right' },
    urls: [url],
    building: 'office',
    spool: { file: spoolFile, maxBytes: 1e9 },
    publishIntervalMs: 0,
    backlogPerSecond: 100_000,
    driver: { kind: 'counting' },
    folder: '.',
  },
  driver,
  log: pino({ level: 'error' }, pino.destination(2)),
  now: Date.now,
  random: Math.random,
  limits: { retryFirstMs: 20, retryLongestMs: 200, recordsPerPack: 20 },
})
await agent.finished
