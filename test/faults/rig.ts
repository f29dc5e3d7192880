import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../support/until.ts'
import type { AgentProcessOptions } from './agentProcess.ts'
import { check, type Sent, type Verdict } from './checker.ts'
import type { ClientOptions } from './clientProcess.ts'
import type { CoreOptions } from './coreProcess.ts'
import { freePort } from './freePort.ts'
import { readJournal } from './journal.ts'
import type { FromWorker, StoredContents } from './messages.ts'
import type { Plant } from './plants/plant.ts'
import { withoutFsync } from './plants/withoutFsync.ts'
import type { Victim } from './schedule.ts'
import { createWorker, type Worker, type WorkerOptions } from './worker.ts'

/**
 * Core, edge agent and a plain client, each a process of its own on files that outlive it, with the journals by which
 * all is judged in the end.
 */
export interface Rig extends AsyncDisposable {
  readonly core: Worker
  readonly agent: Worker
  readonly client: Worker
  readonly port: number
  /** Starts all three and waits until the broker has acknowledged something. */
  start(): Promise<void>
  /** Kills these at once and starts them again, in the same order, `downMs` later. */
  killAndRestart(victims: readonly Victim[], downMs: number): Promise<void>
  /** Resolves when something was acknowledged since the core was started last. */
  recovered(): Promise<void>
  /**
   * Lets the senders finish, kills the core, sends part of everything again, kills and starts the core once more and
   * compares what it keeps with the journals.
   */
  settle(): Promise<Verdict>
  /**
   * What can still be judged when a run has failed: kills all, starts the core alone and compares what it keeps with
   * what it acknowledged to the plain client. (What the agent has may still lie in its spool.)
   */
  inspect(): Promise<Verdict>
  /** What the core keeps, by its own store's reading. */
  contents(): Promise<StoredContents>
  /** What the senders wrote down so far. */
  sent(): Sent[]
  /** From a start to the first acknowledgement after it, of each restart that lived so long. */
  recoveriesMs: number[]
  /** Processes that ended by themselves, as sentences. */
  problems: string[]
}

export interface RigOptions {
  /** Everything that a fault may hit: catalogue, store, spool. */
  folder: string
  /** Journals: what no fault may hit. */
  journals: string
  seed: number
  influxUrl?: string
  plant?: Plant
  compactAtRows?: number
  maxSpoolBytes?: number
  /** Where the senders find the broker, when something stands between. */
  sendersPort?: number
  /** The processes' clocks jump: what they say of times is not believed, this process's clock counts. */
  clocksJump?: boolean
  /** The agent's, over those of a quick retry. */
  limits?: AgentProcessOptions['limits']
  /** Journals reach the disk before anything is given away: for faults that take the page cache too. */
  syncJournals?: boolean
  /** How each process is run besides: a command before it, environment variables. */
  run?: Partial<Record<Victim, Pick<WorkerOptions, 'wrap' | 'env'>>>
  /** A process may end by itself (a full disk, a failing fsync): then it is no problem, and not started again. */
  mayEnd?: readonly Victim[]
}

const AGENT = { name: 'agent', index: 1 }
const CLIENT = { name: 'client', index: 2 }
const AGENT_PAUSE_MS = 4
const CLIENT_PAUSE_MS = 5
/** A core that is away for half a second at a time: an agent that waited a minute would see one kill in fifty. */
const QUICK_RETRY = { retryFirstMs: 30, retryLongestMs: 300 }
const RESENT_PACKS = 200
const INSPECT_TIMEOUT_MS = 20_000

export const createRig = async (options: RigOptions): Promise<Rig> => {
  const { folder, journals, seed, plant, mayEnd = [], run = {} } = options
  mkdirSync(folder, { recursive: true })
  mkdirSync(journals, { recursive: true })
  const port = await freePort(seed)
  const passwords: Record<string, string> = {}
  const recoveriesMs: number[] = []
  const problems: string[] = []
  const journalOf = (name: string): string => path.join(journals, `${name}.journal`)
  const common = { ...(options.syncJournals && { syncJournal: true }), ...(plant && { plant }) }
  /** The restarts whose first acknowledgement is awaited. */
  const recovering = new Set<Worker>()
  let acknowledgedSinceStart = false

  const noteAcknowledged = (by: Worker, atMs: number): void => {
    const servingMs = servingAtMs
    if (servingMs === undefined || atMs < servingMs) return
    acknowledgedSinceStart = true
    for (const worker of recovering) {
      if (worker !== core && worker !== by) continue
      recovering.delete(worker)
      recoveriesMs.push(atMs - Math.max(worker.startedAtMs(), core.startedAtMs()))
    }
  }
  let servingAtMs: number | undefined

  const workerFor = (name: Victim, module: string, settings: () => object): Worker => {
    const worker = createWorker({
      name,
      module,
      options: settings,
      ...run[name],
      env: { ...(plant === 'no-fsync' && name !== 'client' && withoutFsync()), ...run[name]?.env },
      onMessage(message: FromWorker) {
        if (message.kind === 'serving') {
          servingAtMs = options.clocksJump ? Date.now() : message.atMs
          const anew = Object.keys(message.passwords).filter((device) => device in passwords)
          if (anew.length > 0) problems.push(`the core has forgotten its devices ${anew.join(', ')}`)
          Object.assign(passwords, message.passwords)
        } else if (message.kind === 'acknowledged') {
          noteAcknowledged(worker, options.clocksJump ? Date.now() : message.atMs)
        }
      },
      onEnded(code, told) {
        if (code !== 0 && !mayEnd.includes(name)) {
          problems.push(`the ${name} ended by itself (${code}): ${told}`)
        }
      },
    })
    return worker
  }
  const core = workerFor('core', 'coreProcess.ts', (): CoreOptions => ({
    folder: path.join(folder, 'core'),
    port,
    devices: [AGENT, CLIENT].map(({ name }) => ({ id: name, building: name })),
    compactAtRows: options.compactAtRows ?? 400,
    ...(options.influxUrl !== undefined && { influxUrl: options.influxUrl }),
    ...common,
  }))
  const agent = workerFor('agent', 'agentProcess.ts', (): AgentProcessOptions => ({
    source: AGENT,
    url: `mqtt://127.0.0.1:${options.sendersPort ?? port}`,
    password: passwords[AGENT.name] ?? '',
    spoolFile: path.join(folder, 'agent', 'spool.sqlite'),
    ...(options.maxSpoolBytes !== undefined && { maxSpoolBytes: options.maxSpoolBytes }),
    journalFile: journalOf(AGENT.name),
    pauseMs: AGENT_PAUSE_MS,
    limits: { ...QUICK_RETRY, ...options.limits },
    ...common,
  }))
  const client = workerFor('client', 'clientProcess.ts', (): ClientOptions => ({
    source: CLIENT,
    port: options.sendersPort ?? port,
    password: passwords[CLIENT.name] ?? '',
    journalFile: journalOf(CLIENT.name),
    seed,
    pauseMs: CLIENT_PAUSE_MS,
    ...common,
  }))
  const workers = { core, agent, client }

  const startOne = (worker: Worker): void => {
    if (worker === core) {
      servingAtMs = undefined
      acknowledgedSinceStart = false
    }
    worker.start()
    recovering.add(worker)
  }
  const failWhenEnded = (): void => {
    if (problems.length > 0) throw new Error(problems.join('; '))
  }
  const recovered = async (): Promise<void> => {
    await until(
      () => {
        failWhenEnded()
        return acknowledgedSinceStart
      },
      { timeoutMs: 60_000, everyMs: 4, what: 'an acknowledgement after a start' },
    )
  }
  const killAndRestart = async (victims: readonly Victim[], downMs: number): Promise<void> => {
    await Promise.all(victims.map((victim) => workers[victim].kill()))
    await sleep(downMs)
    for (const victim of victims) startOne(workers[victim])
  }
  const contents = async (): Promise<StoredContents> => {
    core.forget('contents')
    core.send({ kind: 'read' })
    return (await core.heard('contents')).contents
  }
  const sent = (): Sent[] => [
    { source: AGENT, acknowledgedBy: 'its spool', journal: readJournal(journalOf(AGENT.name)) },
    { source: CLIENT, acknowledgedBy: 'PUBACK', journal: readJournal(journalOf(CLIENT.name)) },
  ]

  return {
    ...workers,
    port,
    recoveriesMs,
    problems,
    recovered,
    killAndRestart,
    contents,
    sent,
    async start() {
      startOne(core)
      await core.heard('serving')
      startOne(agent)
      startOne(client)
      await recovered()
    },
    async settle() {
      await recovered()
      await Promise.all([agent, client].map((worker) => worker.heard('opening')))
      for (const worker of [agent, client]) {
        worker.forget('finished')
        worker.send({ kind: 'finish' })
      }
      await Promise.all([agent, client].map((worker) => worker.heard('finished')))
      await killAndRestart(['core'], 0)
      client.forget('finished')
      client.send({ kind: 'resend', packs: RESENT_PACKS, seed })
      await client.heard('finished')
      await killAndRestart(['core'], 0)
      await core.heard('serving')
      const verdict = check(await contents(), sent())
      return { ...verdict, problems: [...problems, ...verdict.problems] }
    },
    async inspect() {
      await Promise.all(Object.values(workers).map((worker) => worker.kill()))
      startOne(core)
      await core.heard('serving', INSPECT_TIMEOUT_MS)
      const senders = sent().map((each) =>
        each.source === CLIENT ? each : { ...each, journal: { ...each.journal, acknowledged: [] } },
      )
      return check(await contents(), senders)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(Object.values(workers).map((worker) => worker[Symbol.asyncDispose]()))
    },
  }
}
