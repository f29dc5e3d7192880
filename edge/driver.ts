import type { Reading } from '../city/observation.ts'

/**
 * Where an agent's readings come from: one file a kind in `drivers/`, copied from `drivers/_blueprint.ts`.
 * A driver yields batches until its source ends or `signal` aborts; it never buffers what the agent has not taken
 * (the spool is the only buffer) and fixes units before it yields.
 */
export interface Driver extends AsyncDisposable {
  /** What this driver observes, told once at birth. */
  describe(): Birth
  read(signal: AbortSignal): AsyncIterable<readonly Reading[]>
  /**
   * True when the source loses nothing by waiting (a file): the agent then takes the next batch only when the spool
   * has room. A live source cannot wait, and a full spool drops its oldest rows.
   */
  readonly canWait?: boolean
}

/** The birth message of the contract. */
export interface Birth {
  things: BirthThing[]
  datastreams: BirthDatastream[]
}

export interface BirthThing {
  name: string
  brickClass?: string
}

export interface BirthDatastream {
  name: string
  unit?: string
  kind?: 'instant' | 'interval' | 'counter'
  brickClass?: string
  intervalSeconds?: number
}
