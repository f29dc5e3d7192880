import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../support/until.ts'
import type { AgentProcessOptions } from './agentProcess.ts'
import { check, type Sent } from './checker.ts'
import type { ClientOptions } from './clientProcess.ts'
import type { CoreOptions } from './coreProcess.ts'
import { freePort } from './freePort.ts'
import { readJournal } from './journal.ts'
import type { FromWorker, StoredContents } from './messages.ts'
import type { Outage } from './outages.ts'
import { withoutFsync } from './plants/withoutFsync.ts'
import type { Rig, RigOptions } from './rigParts.ts'
import type { Killed, Victim } from './schedule.ts'
import { createWorker, type Worker } from './worker.ts'

const AGENT = { name: 'agent', index: 1 }
const CLIENT = { name: 'client', index: 2 }
const AGENT_PAUSE_MS = 4
const CLIENT_PAUSE_MS = 5
/** A core that is away for half a second at a time: an agent that waited a minute would see one kill in fifty. */
const QUICK_RETRY = { retryFirstMs: 30, retryLongestMs: 300, lastTryAfterMs: 10_000 }
const RESENT_PACKS = 200
const INSPECT_TIMEOUT_MS = 20_000

/** A rig of which nothing runs until it is started. */
export const createRig = async (options: RigOptions): Promise<Rig> => {
  const { folder, journals, seed, plant, mayEnd = [], run = {} } = options
  mkdirSync(folder, { recursive: true })
  mkdirSync(journals, { recursive: true })
  const port = await freePort(seed)
  const passwords: Record<string, string> = {}
  const recoveriesMs: number[] = []
  const problems: string[] = []
  const outages: Outage[] = []
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
    pauseMs: options.agentPauseMs ?? AGENT_PAUSE_MS,
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
  const killAndRestart = async (victims: readonly Killed[], downMs: number): Promise<void> => {
    await Promise.all(
      victims.map(async (victim) => {
        await (victim === 'influx' ? options.influx?.kill() : workers[victim].kill())
      }),
    )
    await sleep(downMs)
    for (const victim of victims) {
      if (victim === 'influx') await options.influx?.restart()
      else startOne(workers[victim])
    }
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
    async whileNothingCommits(work) {
      const fromMs = Date.now()
      await work()
      outages.push({ fromMs, toMs: Date.now() })
    },
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
      const verdict = check(await contents(), sent(), outages)
      return { ...verdict, problems: [...problems, ...verdict.problems] }
    },
    async inspect() {
      await Promise.all(Object.values(workers).map((worker) => worker.kill()))
      startOne(core)
      await core.heard('serving', INSPECT_TIMEOUT_MS)
      const senders = sent().map((each) =>
        each.source === CLIENT ? each : { ...each, journal: { ...each.journal, acknowledged: [] } },
      )
      return check(await contents(), senders, outages)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(Object.values(workers).map((worker) => worker[Symbol.asyncDispose]()))
    },
  }
}
