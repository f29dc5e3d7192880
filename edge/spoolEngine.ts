import type { Reading } from '../city/observation.ts'

/**
 * What the spool asks of the place that keeps its rows: an ordered table, a few counters, transactions. Implemented
 * by a SQLite file (`spoolFile.ts`). Every method throws `SpoolFailure` and nothing else.
 */
export interface SpoolEngine {
  /**
   * Runs `work` as a whole or not at all. What it changed survives `kill -9` once this returns and, when `durable`,
   * power loss as well; without `durable` it may be undone by power loss up to the next durable transaction.
   */
  transaction(work: () => void, options: { durable: boolean }): void
  /** Appends with the next id. Inside a transaction only, as all that changes something. */
  insert(reading: Reading): void
  remove(range: IdRange): void
  /** Moves a row to the rejected ones, which are kept for whoever looks, up to a number. */
  setAside(row: SpoolRow, reason: string, atMs: number): void
  addTo(counter: SpoolCounter, by: number): void
  /** Ascending by id, those with `afterId < id <= untilId`, at most `limit`. */
  rows(limit: number, afterId: number, untilId: number): SpoolRow[]
  /** Rows and their bytes (`rowBytes`) in a range. */
  measure(range: IdRange): { count: number; bytes: number }
  counter(name: SpoolCounter): number
  /** The greatest id ever given. */
  lastId(): number
  /**
   * Gives up what was kept back for a full disk, so that rows can be released; from then on the file grows little.
   * False when nothing was kept back any more.
   */
  yieldReserve(): boolean
  /** Keeps it back again when the disk has room; true when that is so. */
  regainReserve(): boolean
  /** Sets the damaged rows aside and goes on with those that could be read. */
  repair(cause: unknown): void
  /** How many damaged files were set aside. */
  damagedFiles(): number
  close(): void
}

export interface SpoolRow extends Reading {
  /** Ascends and is never used twice. */
  id: number
}

/** Both ends included. */
export interface IdRange {
  fromId: number
  toId: number
}

/** Rows ever: that had to make room or could not be kept; that no broker took; that were read out of a damaged file. */
export type SpoolCounter = 'dropped' | 'rejected' | 'salvaged'

/** `full`: the disk takes nothing more at the moment. `damaged`: what is kept cannot be read. */
export class SpoolFailure extends Error {
  override readonly name = 'SpoolFailure'
  readonly kind: 'full' | 'damaged' | 'failed'

  constructor(kind: 'full' | 'damaged' | 'failed', message: string, cause?: unknown) {
    super(message, { cause })
    this.kind = kind
  }
}

/** A row's numbers, id, check, header and share of a page: what it takes beyond its texts, rounded up. */
export const ROW_OVERHEAD_BYTES = 40

/** What a row takes in the file, estimated from above. */
export const rowBytes = ({ datastream, unit }: Reading): number =>
  ROW_OVERHEAD_BYTES + Buffer.byteLength(datastream) + (unit === undefined ? 0 : Buffer.byteLength(unit))
