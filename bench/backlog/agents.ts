import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { createAgent } from '../../edge/agent.ts'
import type { Driver } from '../../edge/driver.ts'
import { createSpool } from '../../edge/spool.ts'
import { datastreamOf, DATASTREAMS, readingsAt } from './rows.ts'

/**
 * Some of the agents of `backlog.ts` in one process: first fills their spools through the spool itself, then, told
 * `go`, opens each as an agent does and lets it drain.
 */
export interface AgentsTask {
  folder: string
  url: string
  agents: { number: number; device: string; password: string }[]
  /** Steps of the hour that wait in each spool, `DATASTREAMS` rows a step. */
  steps: number
  /** Rows a second that one agent may send of its backlog. */
  backlogPerSecond: number
}

export type AgentsReport = { kind: 'filled' } | { kind: 'released'; rows: number } | { kind: 'drained' }

const STEPS_AT_ONCE = 50
const SPOOL_BYTES = 256 * 1024 * 1024

const log = pino({ level: 'error' }, pino.destination(2))
const tell = (report: AgentsReport): void => void process.send?.(report)
const spoolOf = (folder: string, number: number): string => path.join(folder, `agent-${number}.sqlite`)

const fill = async ({ folder, agents, steps }: AgentsTask): Promise<void> => {
  for (const { number } of agents) {
    using spool = createSpool({ file: spoolOf(folder, number), maxBytes: SPOOL_BYTES, log, now: Date.now })
    for (let from = 0; from < steps; from += STEPS_AT_ONCE) {
      const length = Math.min(STEPS_AT_ONCE, steps - from)
      spool.append(Array.from({ length }, (_, i) => readingsAt(number, from + i)).flat())
    }
    await sleep(0)
  }
}

const drain = async ({ folder, url, agents, backlogPerSecond }: AgentsTask): Promise<void> => {
  const running = await Promise.all(
    agents.map(({ number, device, password }) =>
      createAgent({
        config: {
          device,
          proof: { password },
          urls: [url],
          building: 'benchmark',
          spool: { file: spoolOf(folder, number), maxBytes: SPOOL_BYTES },
          publishIntervalMs: 0,
          backlogPerSecond,
          driver: { kind: 'none' },
          folder,
        },
        driver: silent(number),
        log,
        now: Date.now,
        random: Math.random,
      }),
    ),
  )
  const released = (): number => running.reduce((sum, agent) => sum + agent.stats().acknowledged, 0)
  const ticker = setInterval(() => tell({ kind: 'released', rows: released() }), 500)
  await Promise.all(running.map((agent) => agent.finished))
  clearInterval(ticker)
  tell({ kind: 'released', rows: released() })
  tell({ kind: 'drained' })
  await Promise.all(running.map((agent) => agent.close()))
}

/** A driver that has nothing new to tell: what is measured is the backlog. */
const silent = (number: number): Driver => ({
  describe: () => ({
    things: [],
    datastreams: Array.from({ length: DATASTREAMS }, (_, index) => ({
      name: datastreamOf(number, index),
      intervalSeconds: 3,
    })),
  }),
  async *read() {
    // Ends at once.
  },
  [Symbol.asyncDispose]: async () => undefined,
})

process.once('message', (task: AgentsTask) => {
  const run = async (): Promise<void> => {
    await fill(task)
    tell({ kind: 'filled' })
    await new Promise((resolve) => {
      process.once('message', resolve)
    })
    await drain(task)
    process.disconnect?.()
  }
  run().catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`)
    process.exit(1)
  })
})
process.once('disconnect', () => process.exit())
