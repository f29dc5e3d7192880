import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { openCatalogue } from '../store/catalogue/open.ts'
import { createEmbeddedStore } from '../store/embedded/embeddedStore.ts'
import { temporaryFolder } from '../test/support/temporaryFolder.ts'
import { until } from '../test/support/until.ts'
import type { AgentsReport, AgentsTask } from './backlog/agents.ts'
import { startLive } from './backlog/live.ts'
import { areComplete, datastreamOf, DATASTREAMS } from './backlog/rows.ts'
import { startNadi } from './ingest/nadi.ts'
import { residentMb, type System } from './ingest/system.ts'

/**
 * `npm run bench -- backlog [--scale S]`: an hour in which the city was away. 24 million observations (6,667 a second)
 * wait in the spools of 200 agents, which all come back at once: how long until all is acknowledged, what the core's
 * memory comes to meanwhile, how long devices wait that send what is of now, and whether each observation is kept
 * exactly once. The agents are real ones, a hundred in a process. Needs 4 GB of disk at full scale.
 */
const AGENTS = 200
const PROCESSES = 2
const STEPS = 1200
const LIVE_DEVICES = 4
/** What `building.yaml` says when it says nothing. */
const BACKLOG_PER_SECOND = 2000

export const run = async (options: Readonly<Record<string, string>>): Promise<void> => {
  const scale = Number(options['scale'] ?? 1)
  const agents = Math.max(PROCESSES, Math.round(AGENTS * Math.min(1, scale * 10)))
  const steps = Math.max(1, Math.round((STEPS * AGENTS * scale) / agents))
  const rows = agents * steps * DATASTREAMS
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const system = stack.use(await startNadi({ store: 'embedded' }))
  const url = `mqtt://127.0.0.1:${system.port()}`
  const devices: { id: string; password: string }[] = []
  for (let i = 0; i < agents + LIVE_DEVICES; i += 1) devices.push(await system.device(`device-${i}`))

  const fillingMs = performance.now()
  const children = Array.from({ length: PROCESSES }, (_, part) => {
    const task: AgentsTask = {
      folder: path.join(folder.path, `part-${part}`),
      url,
      agents: devices
        .slice(0, agents)
        .map(({ id, password }, number) => ({ number, device: id, password }))
        .filter(({ number }) => number % PROCESSES === part),
      steps,
      backlogPerSecond: BACKLOG_PER_SECOND,
    }
    mkdirSync(task.folder)
    const child = fork(path.join(import.meta.dirname, 'backlog/agents.ts'), { execArgv: [] })
    child.send(task)
    stack.defer(() => void child.kill('SIGKILL'))
    return child
  })
  await Promise.all(children.map((child) => said(child, 'filled')))
  say(`${rows} observations wait in ${agents} spools, after ${seconds(fillingMs)} s`)

  const live = await startLive(url, devices.slice(agents))
  await sleep(2000)
  const startedMs = performance.now()
  const progress = tellProgress(children, system)
  for (const child of children) child.send('go')
  await Promise.all(children.map((child) => said(child, 'drained')))
  const drainSeconds = Number(seconds(startedMs))
  clearInterval(progress)
  const latenciesMs = await live.end()
  const at = (share: number): number =>
    Number((latenciesMs[Math.floor(share * (latenciesMs.length - 1))] ?? NaN).toFixed(1))
  const peakMb = Math.round(peakResidentMb(system))
  const wrong = await wrongDatastreams(system, agents, steps)
  const figures = {
    rows,
    drainSeconds,
    observationsPerSecond: Math.round(rows / drainSeconds),
    peakResidentMb: peakMb,
    livePacks: latenciesMs.length,
    liveP50Ms: at(0.5),
    liveP99Ms: at(0.99),
    liveMaxMs: at(1),
    stored: wrong === 0 ? 'all, each once' : `NOT: ${wrong} Datastreams are not as sent`,
  }
  process.stdout.write(`${system.name}: ${JSON.stringify(figures)}\n`)
  if (wrong > 0) process.exitCode = 1
}

const say = (text: string): void => void process.stderr.write(`${text}\n`)
const seconds = (sinceMs: number): string => ((performance.now() - sinceMs) / 1000).toFixed(1)

const said = async (child: ChildProcess, kind: AgentsReport['kind']): Promise<void> => {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the agents ended with ${String(code)}`)
  })
  const heard = new Promise<void>((resolve) => {
    child.on('message', (report: AgentsReport) => {
      if (report.kind === kind) resolve()
    })
  })
  await Promise.race([heard, ended])
  ended.catch(() => undefined)
}

const tellProgress = (children: readonly ChildProcess[], system: System): NodeJS.Timeout => {
  const released = children.map(() => 0)
  children.forEach((child, index) =>
    child.on('message', (report: AgentsReport) => {
      if (report.kind === 'released') released[index] = report.rows
    }),
  )
  const startedMs = performance.now()
  return setInterval(() => {
    const rows = released.reduce((sum, each) => sum + each, 0)
    say(`${seconds(startedMs)} s: ${rows} acknowledged, the core holds ${Math.round(residentMb(system))} MB`)
  }, 5000)
}

/** proc(5) `VmHWM`, which counts in KiB. */
const peakResidentMb = (system: System): number => {
  const [pid] = system.pids()
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 0.001024
}

/** Ends the city and reads every Datastream through the store itself; how many are not exactly as they were sent. */
const wrongDatastreams = async (system: System, agents: number, steps: number): Promise<number> => {
  const [folder = ''] = system.folders()
  const [pid = 0] = system.pids()
  process.kill(pid, 'SIGTERM')
  await until(() => !existsSync(`/proc/${pid}`), { timeoutMs: 60_000, what: 'the end of the city' })
  const log = pino({ level: 'error' })
  const catalogue = openCatalogue({ file: path.join(folder, 'catalogue.sqlite'), log })
  await using store = await createEmbeddedStore({ folder: path.join(folder, 'observations'), log })
  const readOne = async (agent: number, index: number): Promise<boolean> => {
    const id = catalogue.datastreams.find(datastreamOf(agent, index))?.id
    const samples =
      id === undefined ? [] : await store.raw({ datastreamId: id, fromMs: 0, toMs: 8e15, limit: steps + 1 })
    return areComplete(samples, index, steps)
  }
  const readingMs = performance.now()
  let wrong = 0
  for (let agent = 0; agent < agents; agent += 1) {
    const complete = await Promise.all(
      Array.from({ length: DATASTREAMS }, (_, index) => readOne(agent, index)),
    )
    wrong += complete.filter((each) => !each).length
    if (agent % 20 === 19) say(`${seconds(readingMs)} s: ${agent + 1} of ${agents} agents read back`)
  }
  catalogue.close()
  return wrong
}
