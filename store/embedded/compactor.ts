import type { Logger } from 'pino'
import { compactHot, MAX_BATCH_ROWS, mergeRuns } from './compaction.ts'
import { isOutOfMemory } from './outOfMemory.ts'
import type { Session } from './session.ts'

/** Hot rows at which commits wait for compaction: beyond them every read would become slow. */
const MAX_HOT_ROWS = 1_000_000

/** Hot rows from which on compaction may take a second core from whoever sends. */
const BEHIND_ROWS = 400_000

/** A batch that DuckDB has no memory for is halved, down to this. */
const MIN_BATCH_ROWS = 4_000

/** Runs compaction in the background, little and often, and keeps other maintenance out while it runs. */
export interface Compactor {
  /** Counts rows that were committed; starts compaction when enough have gathered. */
  added(rows: number): void
  /** Counts hot rows that a deletion took. */
  removed(rows: number): void
  /** Resolves at once unless the hot table is full; then when compaction has made room, or throws why not. */
  makeRoom(): Promise<void>
  /** Moves all that is hot now. */
  run(): Promise<void>
  /** Runs other work on the maintenance session, never together with compaction. */
  exclusively<T>(work: () => Promise<T>): Promise<T>
  hotRows(): number
  /** Resolves when the running work has ended; nothing starts afterwards. */
  close(): Promise<void>
}

export interface CompactorOptions {
  session: Session
  log: Logger
  compactAtRows: number
  /** Rows that are hot at the start. */
  hotRows: number
}

export const createCompactor = ({ session, log, compactAtRows, hotRows }: CompactorOptions): Compactor => {
  const closing = new AbortController()
  const hot = { rows: hotRows }
  let line: Promise<unknown> = Promise.resolve()
  let background = false
  /** Raised after a failure, so that a full disk is not asked at every commit. */
  let startAtRows = compactAtRows

  const exclusively = <T>(work: () => Promise<T>): Promise<T> => {
    const result = line.then(work)
    line = result.catch(() => undefined)
    return result
  }

  const moveWhatFits = async (batchRows: number): Promise<number> => {
    try {
      return await compactHot(session, batchRows)
    } catch (error) {
      // How much a batch needs depends on how late its rows are; what is kept in memory has a limit all the same.
      if (!isOutOfMemory(error) || batchRows <= MIN_BATCH_ROWS) throw error
      return moveWhatFits(Math.floor(batchRows / 2))
    }
  }

  const move = async (): Promise<number> => {
    const startedMs = performance.now()
    const moved = await moveWhatFits(MAX_BATCH_ROWS)
    hot.rows -= moved
    log.debug({ moved, movedMs: Math.round(performance.now() - startedMs) }, 'compacted')
    return moved
  }

  const run = async (): Promise<void> => {
    while (!closing.signal.aborted && (await exclusively(move)) > 0);
    // One at a time: a commit that waits for room need not wait for all of them.
    while (!closing.signal.aborted && (await exclusively(() => mergeRuns(session))));
  }

  /** Merges wait while more comes in than is moved: commits wait for room, nobody waits for order. */
  const next = async (): Promise<boolean> => {
    await session.run(`set threads = ${hot.rows >= BEHIND_ROWS ? 2 : 1}`)
    return hot.rows >= compactAtRows ? (await move()) > 0 : mergeRuns(session)
  }

  const inBackground = async (): Promise<void> => {
    background = true
    try {
      while (!closing.signal.aborted && (await exclusively(next)));
      startAtRows = compactAtRows
    } catch (error) {
      startAtRows = hot.rows + compactAtRows
      log.error(
        { err: error, hotRows: hot.rows },
        'compaction failed; it is tried again when more has come in',
      )
    } finally {
      background = false
    }
  }

  return {
    added(count) {
      hot.rows += count
      if (!background && !closing.signal.aborted && hot.rows >= startAtRows) void inBackground()
    },
    removed(count) {
      hot.rows -= count
    },
    async makeRoom() {
      if (hot.rows >= MAX_HOT_ROWS) await exclusively(move)
    },
    run,
    exclusively,
    hotRows: () => hot.rows,
    async close() {
      closing.abort()
      await line
    },
  }
}
