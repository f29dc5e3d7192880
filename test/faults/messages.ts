/** What the processes under test and their parent tell each other over IPC. Times are epoch milliseconds. */

export type FromWorker =
  /** All code is loaded, the files are about to be opened. */
  | { kind: 'opening'; pid: number }
  /** The core listens; passwords of devices that it has just made. */
  | { kind: 'serving'; atMs: number; passwords: Record<string, string> }
  /** The broker has acknowledged something to this process. */
  | { kind: 'acknowledged'; atMs: number }
  /** Everything that was asked for is acknowledged. */
  | { kind: 'finished' }
  | { kind: 'contents'; contents: StoredContents }

export type ToWorker =
  /** Give no new observations; say `finished` when all are acknowledged. */
  | { kind: 'finish' }
  /** Send so many packs again that were acknowledged before, then say `finished`. */
  | { kind: 'resend'; packs: number; seed: number }
  /** Read all that is kept. */
  | { kind: 'read' }
  /** InfluxDB is at this address now. */
  | { kind: 'writeTo'; url: string }

/** All that a core keeps, read through the store's own interface. */
export interface StoredContents {
  datastreams: StoredDatastream[]
  quarantine: { device: string; payload: string }[]
  /** Quarantined packs that had to make room. */
  quarantineDropped: number
}

export interface StoredDatastream {
  path: string
  timesMs: number[]
  values: number[]
  /** What the store's own buckets say of the same rows. */
  bucketCount: number
  bucketSum: number
}
