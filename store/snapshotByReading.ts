import path from 'node:path'
import {
  BIGINT,
  DOUBLE,
  DuckDBDataChunk,
  DuckDBInstance,
  INTEGER,
  type DuckDBConnection,
} from '@duckdb/node-api'
import type { Point } from '../city/observation.ts'
import { NadiError } from '../city/errors.ts'
import type { Partial } from '../city/partials.ts'
import type { ObservationStore } from './observations.ts'
import { FILE_ROWS, fileName, HOURS_FILE, type Snapshot, sqlText } from './snapshot.ts'
import { writeHours, type HoursOfSeries } from './snapshotHours.ts'

/** What is read of a store; hours where samples were dropped. */
export interface SnapshotSource extends Pick<ObservationStore, 'raw'> {
  horizonMs(): number
  frozenHours(datastreamId: number): Promise<readonly Partial[]>
}

/**
 * A snapshot of any store, taken by reading each Datastream in pages. Not of one moment: what is appended meanwhile may
 * be in or not. All that was appended before is, and that is what a backup promises.
 */
export const snapshotByReading =
  (store: SnapshotSource): Snapshot =>
  async ({ folder, atMoment, onFile, signal }) => {
    const datastreamIds = [...atMoment()].sort((a, b) => a - b)
    const horizonMs = store.horizonMs()
    if (horizonMs > 0) {
      const file = path.join(folder, HOURS_FILE)
      await writeHours(file, horizonMs, hoursOfEach(store, datastreamIds, signal))
      onFile({ path: file, points: 0 })
    }
    await using table = await openTable()
    let number = 0
    const finish = async (): Promise<void> => {
      if (table.rows() === 0) return
      const file = path.join(folder, fileName((number += 1)))
      const points = await table.moveTo(file)
      onFile({ path: file, points })
    }
    for (const datastreamId of datastreamIds) {
      for (let fromMs = 0; ;) {
        signal.throwIfAborted()
        const samples = await store.raw({ datastreamId, fromMs, toMs: MAX_TIME_MS, limit: PAGE_SAMPLES })
        await table.add(samples.map((sample) => ({ datastreamId, ...sample })))
        if (table.rows() >= FILE_ROWS) await finish()
        if (samples.length < PAGE_SAMPLES) break
        fromMs = (samples.at(-1)?.timeMs ?? fromMs) + 1
      }
    }
    await finish()
    if (store.horizonMs() !== horizonMs) {
      throw new NadiError(
        'store-unavailable',
        'Old samples were dropped while they were read, which happens once a day. Make the backup again.',
      )
    }
  }

async function* hoursOfEach(
  store: SnapshotSource,
  datastreamIds: readonly number[],
  signal: AbortSignal,
): AsyncGenerator<HoursOfSeries> {
  for (const datastreamId of datastreamIds) {
    signal.throwIfAborted()
    yield { datastreamId, hours: await store.frozenHours(datastreamId) }
  }
}

/** The points of a snapshot's file in its order, some thousands at a time. */
export async function* pointsOf(file: string): AsyncGenerator<Point[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  try {
    const connection = await instance.connect()
    const result = await connection.stream(`select ds, t::double as t, v from read_parquet(${sqlText(file)})`)
    for await (const rows of result.yieldRows()) {
      yield rows.map(([ds, t, v]) => ({ datastreamId: Number(ds), timeMs: Number(t), value: Number(v) }))
    }
  } finally {
    instance.closeSync()
  }
}

/** Samples that are asked for at once. */
const PAGE_SAMPLES = 50_000
const MAX_TIME_MS = 8_640_000_000_000_000
const CHUNK_ROWS = 2048
const TYPES = [INTEGER, BIGINT, DOUBLE]

/** Rows on their way into a file, in a database in memory. */
const openTable = async () => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection: DuckDBConnection = await instance.connect()
  const create = 'create table sample(ds integer, t bigint, v double)'
  await connection.run(create)
  let rows = 0
  return {
    rows: () => rows,
    async add(points: readonly Point[]): Promise<void> {
      const appender = await connection.createAppender('sample')
      for (let at = 0; at < points.length; at += CHUNK_ROWS) {
        const part = points.slice(at, at + CHUNK_ROWS)
        const chunk = DuckDBDataChunk.create(TYPES, part.length)
        chunk.setColumnValues(
          0,
          part.map(({ datastreamId }) => datastreamId),
        )
        chunk.setColumnValues(
          1,
          part.map(({ timeMs }) => BigInt(timeMs)),
        )
        chunk.setColumnValues(
          2,
          part.map(({ value }) => value),
        )
        appender.appendDataChunk(chunk)
      }
      appender.closeSync()
      rows += points.length
    },
    async moveTo(file: string): Promise<number> {
      const moved = rows
      await connection.run(`copy sample to ${sqlText(file)} (format parquet, compression zstd)`)
      await connection.run(`drop table sample; ${create}`)
      rows = 0
      return moved
    },
    [Symbol.asyncDispose]: () => {
      connection.closeSync()
      instance.closeSync()
      return Promise.resolve()
    },
  }
}
