import { DatabaseSync } from 'node:sqlite'
import { bucketsOfSamples } from '../../../city/bucketRows.ts'
import type { Sample } from '../../../city/observation.ts'
import type { ObservationStore, RangeOfDatastream } from '../../../store/observations.ts'

/** A durable store without duplicate control: each arrival is a row of its own. */
export const createRepeatingStore = (file: string): ObservationStore => {
  const database = new DatabaseSync(file)
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS arrival (ds INTEGER, t INTEGER, v REAL);
    CREATE INDEX IF NOT EXISTS arrival_ds ON arrival (ds, t)`)
  const insert = database.prepare('INSERT INTO arrival VALUES (?, ?, ?)')
  const select = database.prepare(
    'SELECT t, v FROM arrival WHERE ds = ? AND t >= ? AND t < ? ORDER BY t LIMIT ?',
  )
  const read = ({ datastreamId, fromMs, toMs }: RangeOfDatastream, limit: number): Sample[] =>
    select
      .all(datastreamId, fromMs, toMs, limit)
      .map((row) => ({ timeMs: Number(row['t']), value: Number(row['v']) }))
  const close = async (): Promise<void> => {
    if (database.isOpen) database.close()
  }
  return {
    async append(points) {
      database.exec('BEGIN')
      for (const { datastreamId, timeMs, value } of points) insert.run(datastreamId, timeMs, value)
      database.exec('COMMIT')
    },
    latest: async () => new Map(),
    raw: async (query) => read(query, query.limit),
    buckets: async (query) => bucketsOfSamples(query, read(query, -1), undefined, undefined),
    deleteRange: async () => 0,
    close,
    [Symbol.asyncDispose]: close,
  }
}
