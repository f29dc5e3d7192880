import { DOUBLE, DuckDBDataChunk, INTEGER } from '@duckdb/node-api'
import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api'
import type { Point } from '../../city/observation.ts'

/** Rows of one DuckDB vector. */
const CHUNK_ROWS = 2048
const TYPES = [INTEGER, DOUBLE, DOUBLE, DOUBLE]

export interface HotWriter {
  /** Appends in order and commits: durable when it resolves, of unknown outcome when it throws. Never called concurrently. */
  commit(points: readonly Point[]): Promise<void>
  close(): Promise<void>
}

/**
 * Writes to the hot table through DuckDB's appender, one transaction a call; the commit's `fsync` runs on libuv's
 * pool, not on the main thread.
 *
 * Each transaction is begun together with the commit before it, so that a commit costs one turn of a busy event loop,
 * not two. Until its first row it holds no snapshot and hinders neither checkpoints nor compaction.
 */
export const createHotWriter = (connection: DuckDBConnection, firstSeq: number): HotWriter => {
  let appender: DuckDBAppender | undefined
  let seq = firstSeq
  let begun = false

  return {
    async commit(points) {
      try {
        if (!begun) await connection.run('begin')
        begun = false
        appender ??= await connection.createAppender('hot')
        for (let at = 0; at < points.length; at += CHUNK_ROWS) {
          const rows = Math.min(CHUNK_ROWS, points.length - at)
          appender.appendDataChunk(chunkOf(points, at, rows, seq))
          seq += rows
        }
        appender.flushSync()
        await connection.run('commit; begin')
        begun = true
      } catch (error) {
        // An appender that failed once stays broken: the next commit makes another.
        discard(appender)
        appender = undefined
        await rollback(connection)
        throw error
      }
    },
    async close() {
      discard(appender)
      await rollback(connection)
      connection.closeSync()
    },
  }
}

const chunkOf = (points: readonly Point[], at: number, rows: number, seq: number): DuckDBDataChunk => {
  const chunk = DuckDBDataChunk.create(TYPES, rows)
  const [ds, t, v, order] = [0, 1, 2, 3].map((column) => chunk.getColumnVector(column))
  if (!ds || !t || !v || !order) throw new RangeError('the chunk has four columns')
  for (let row = 0; row < rows; row += 1) {
    const point = points[at + row]
    if (!point) break
    ds.setItem(row, point.datastreamId)
    t.setItem(row, point.timeMs)
    // -0 is 0: InfluxDB keeps no sign of zero, and both stores answer alike.
    v.setItem(row, point.value + 0)
    order.setItem(row, seq + row)
  }
  for (const vector of [ds, t, v, order]) vector.flush()
  return chunk
}

/** Drops the rows that an appender still holds: left to itself it would write them when it is collected. */
const discard = (appender: DuckDBAppender | undefined): void => {
  try {
    appender?.clear()
    appender?.closeSync()
  } catch {
    // What is broken cannot be closed; nothing of it was committed.
  }
}

/** The transaction may be gone already (a failed commit ends it): then there is nothing to roll back. */
const rollback = async (connection: DuckDBConnection): Promise<void> => {
  await connection.run('rollback').catch(() => undefined)
}
