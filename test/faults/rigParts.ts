import type { AgentProcessOptions } from './agentProcess.ts'
import type { Sent, Verdict } from './checker.ts'
import type { StoredContents } from './messages.ts'
import type { Plant } from './plants/plant.ts'
import type { InfluxServer } from '../support/influx.ts'
import type { Killed, Victim } from './schedule.ts'
import type { Worker, WorkerOptions } from './worker.ts'

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
  killAndRestart(victims: readonly Killed[], downMs: number): Promise<void>
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
  /** Waits for `work` while a fault lasts that lets nothing be committed: no acknowledgement may come meanwhile. */
  whileNothingCommits(work: () => Promise<void>): Promise<void>
}

export interface RigOptions {
  /** Everything that a fault may hit: catalogue, store, spool. */
  folder: string
  /** Journals: what no fault may hit. */
  journals: string
  seed: number
  influxUrl?: string
  /** The server behind that address, where it may be killed. */
  influx?: Pick<InfluxServer, 'kill' | 'restart'>
  plant?: Plant
  compactAtRows?: number
  maxSpoolBytes?: number
  /** Between the agent's batches, in place of the few milliseconds that fill a spool fast. */
  agentPauseMs?: number
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
