import type { Tally } from './checker.ts'
import type { Plant } from './plants/plant.ts'

/** One kind of fault: a file in `kinds/` and a line in its `index.ts`. `npm run test:faults` runs them in turn. */
export interface FaultKind {
  /** For `--only`. */
  name: string
  /** What is done to whom, in a line. */
  about: string
  /** Rounds of a full run; one round is one fault. */
  rounds: number
  /** Why this machine cannot make this fault, when it cannot. */
  unavailable?: () => Promise<string | undefined>
  /** It can be made to a core whose store is InfluxDB, too. */
  onInflux?: true
  run(options: FaultOptions): Promise<FaultRow[]>
}

export interface FaultOptions {
  rounds: number
  /** The first seed. The same seed gives the same schedule. */
  seed: number
  plant?: Plant
  /** The core's store, instead of the embedded one. */
  store?: 'influx'
  /** How long each outage lasts, instead of twice as long as the one before; for `influx-long`. */
  holdMs?: number
  /** The most that the agent's spool may hold, so that the outage fills it; for `influx-long`. */
  spoolBytes?: number
  /** Tells how far it is. */
  progress: (line: string) => void
}

/** A line of the table at the end. */
export interface FaultRow {
  name: string
  rounds: number
  tally: Tally
  /** Longest time from the start of a killed process to the first acknowledgement, of those that were measured. */
  worstRecoveryMs: number
  problems: FaultProblem[]
}

export interface FaultProblem {
  /** What went wrong, in a sentence. */
  told: string
  /** The command that runs the same schedule again. */
  replay: string
}
