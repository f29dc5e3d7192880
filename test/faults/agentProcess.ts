import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { type AgentOptions, createAgent } from '../../edge/agent.ts'
import type { Driver } from '../../edge/driver.ts'
import { openJournal, readJournal } from './journal.ts'
import { observationOf, type Source } from './observations.ts'
import { meetParent } from './parent.ts'
import { createHastyAgent } from './plants/hastyAgent.ts'
import type { Plant } from './plants/plant.ts'

/**
 * A real edge agent in a process that a test may kill. Its driver counts; what the spool has taken over is written
 * into the journal, and after a kill it goes on from there. Its one argument is `AgentProcessOptions` as JSON.
 */
export interface AgentProcessOptions {
  source: Source
  url: string
  password: string
  spoolFile: string
  maxSpoolBytes?: number
  journalFile: string
  syncJournal?: boolean
  /** Between batches of up to `LARGEST_BATCH` readings. */
  pauseMs: number
  limits?: AgentOptions['limits']
  plant?: Plant
}

const LARGEST_BATCH = 10

const options = JSON.parse(process.argv[2] ?? '{}') as AgentProcessOptions
const { source, url, password, spoolFile, maxSpoolBytes, journalFile, syncJournal, pauseMs, limits, plant } =
  options

const { tell, onMessage } = meetParent()
const finishing = new AbortController()
onMessage(({ kind }) => {
  if (kind === 'finish') finishing.abort()
})

const taken = readJournal(journalFile).acknowledged.at(-1)?.[1] ?? 0
const journal = openJournal(journalFile, { sync: syncJournal ?? false })
const driver: Driver = {
  // With a bound of its own the spool is to overflow: its readings come as from a sensor, which waits for nobody.
  canWait: maxSpoolBytes === undefined,
  describe: () => ({ things: [{ name: source.name }], datastreams: [] }),
  async *read() {
    for (let from = taken + 1; !finishing.signal.aborted;) {
      const to = from + (from % LARGEST_BATCH)
      journal.offered(from, to)
      yield Array.from({ length: to - from + 1 }, (_, i) => observationOf(source, from + i))
      // Reached only when the agent asks for more: what was given above is its own from now on.
      journal.acknowledged(from, to)
      from = to + 1
      await sleep(pauseMs)
    }
  },
  [Symbol.asyncDispose]: async () => undefined,
}
const agent = await (plant === 'release-before-puback' ? createHastyAgent : createAgent)({
  config: {
    device: source.name,
    proof: { password },
    urls: [url],
    building: source.name,
    spool: { file: spoolFile, maxBytes: maxSpoolBytes ?? 1e9 },
    publishIntervalMs: 0,
    backlogPerSecond: 100_000,
    driver: { kind: 'counting' },
    folder: '.',
  },
  driver,
  log: pino({ level: process.env['NADI_LOG'] ?? 'fatal' }, pino.destination({ fd: 2, sync: true })),
  now: Date.now,
  random: Math.random,
  ...(limits && { limits }),
})

let acknowledged = 0
setInterval(() => {
  const now = agent.stats().acknowledged
  if (now > acknowledged) tell({ kind: 'acknowledged', atMs: Date.now() })
  acknowledged = now
}, 20).unref()

try {
  await agent.finished
  tell({ kind: 'finished' })
} catch (error) {
  process.stderr.write(`the agent has failed: ${String(error)}\n`)
  process.exit(1)
}
