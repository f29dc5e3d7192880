/**
 * All observations at one moment, as Parquet files with the columns `ds` (integer), `t` (epoch milliseconds, bigint) and
 * `v` (double): one row a key, ascending by (ds, t) within each file and from file to file. Whatever store wrote them,
 * either can be filled from them.
 *
 * Where samples were dropped, `HOURS_FILE` holds the sums of the hours before the horizon, some rows an hour, ascending
 * by time: `horizon_ms` (the same in each row), `ds`, `hour` (of the epoch), `count`, `sum`, `min`, `max`, `first_t`,
 * `first_v`, `last_t`, `last_v`, `used` (a counter's consumption), `gap` (longest, milliseconds).
 */
export type Snapshot = (options: SnapshotOptions) => Promise<void>

export interface SnapshotOptions {
  /** Where files are written; it is there. */
  folder: string
  /**
   * Called once, synchronously, at the moment that is written: every append that has resolved before is in. Gives the
   * ids of all Datastreams that there are then.
   */
  atMoment: () => readonly number[]
  /** Told of each file as soon as it is complete. */
  onFile: (file: SnapshotFile) => void
  signal: AbortSignal
}

export interface SnapshotFile {
  path: string
  points: number
}

/** Most rows of one file: about a second's work, so that commits are not held up for long and little memory is used. */
export const FILE_ROWS = 2_000_000

/** The name of a snapshot's file by its number, 1, 2, 3 ... */
export const fileName = (number: number): string => `${String(number).padStart(6, '0')}.parquet`

/** The sums of hours of which the samples are gone. */
export const HOURS_FILE = 'hours.parquet'

/** A text as an SQL literal. */
export const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`
