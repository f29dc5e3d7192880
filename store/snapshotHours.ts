import { DOUBLE, DuckDBDataChunk, DuckDBInstance, INTEGER, type DuckDBConnection } from '@duckdb/node-api'
import { HOUR_MS, joinHours, type Partial } from '../city/partials.ts'
import { sqlText } from './snapshot.ts'

/** `HOURS_FILE` of a snapshot (`snapshot.ts`) written and read, for stores that do not do it in SQL. */

/** Numbers of the columns after `horizon_ms`, in the file's order. */
const COLUMNS: readonly (readonly [name: string, of: (partial: Partial) => number])[] = [
  ['hour', ({ firstMs }) => Math.floor(firstMs / HOUR_MS)],
  ['count', ({ count }) => count],
  ['sum', ({ sum }) => sum],
  ['min', ({ min }) => min],
  ['max', ({ max }) => max],
  ['first_t', ({ firstMs }) => firstMs],
  ['first_v', ({ firstValue }) => firstValue],
  ['last_t', ({ lastMs }) => lastMs],
  ['last_v', ({ lastValue }) => lastValue],
  ['used', ({ consumption }) => consumption],
  ['gap', ({ maxGapMs }) => maxGapMs],
]
const TYPES = [INTEGER, ...COLUMNS.map(() => DOUBLE)]
const CHUNK_ROWS = 2048

export interface HoursOfSeries {
  datastreamId: number
  hours: readonly Partial[]
}

/** Writes the sums of hours before the horizon, Datastreams ascending. */
export const writeHours = async (
  file: string,
  horizonMs: number,
  all: AsyncIterable<HoursOfSeries>,
): Promise<void> => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  try {
    const connection = await instance.connect()
    await connection.run(
      `create table frozen(ds integer, ${COLUMNS.map(([name]) => `${name} double`).join(', ')})`,
    )
    for await (const { datastreamId, hours } of all) await addHours(connection, datastreamId, hours)
    await connection.run(
      `copy (select ${Math.trunc(horizonMs)}::bigint as horizon_ms, * from frozen) to ${sqlText(file)} (format parquet, compression zstd)`,
    )
  } finally {
    instance.closeSync()
  }
}

const addHours = async (
  connection: DuckDBConnection,
  datastreamId: number,
  hours: readonly Partial[],
): Promise<void> => {
  const appender = await connection.createAppender('frozen')
  for (let at = 0; at < hours.length; at += CHUNK_ROWS) {
    const part = hours.slice(at, at + CHUNK_ROWS)
    const chunk = DuckDBDataChunk.create(TYPES, part.length)
    chunk.setColumnValues(
      0,
      part.map(() => datastreamId),
    )
    COLUMNS.forEach(([, of], column) => chunk.setColumnValues(column + 1, part.map(of)))
    appender.appendDataChunk(chunk)
  }
  appender.closeSync()
}

/** Reads the file: the horizon, 0 when nothing lies before it, and each Datastream's hours, one partial an hour. */
export const readHours = async (file: string): Promise<{ horizonMs: number; series: HoursOfSeries[] }> => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  try {
    const connection = await instance.connect()
    const names = ['horizon_ms', 'ds', ...COLUMNS.map(([name]) => name)]
    const result = await connection.run(
      `select ${names.map((name) => `${name}::double`).join(', ')} from read_parquet(${sqlText(file)}) order by ds, first_t`,
    )
    let horizonMs = 0
    const found = new Map<number, Partial[]>()
    for (const row of await result.getRows()) {
      const [horizon = 0, ds = 0, , count = 0, sum = 0, min = 0, max = 0, ...rest] = row.map(Number)
      const [firstMs = 0, firstValue = 0, lastMs = 0, lastValue = 0, consumption = 0, maxGapMs = 0] = rest
      horizonMs = horizon
      const hours = found.get(ds) ?? []
      found.set(ds, hours)
      hours.push({ firstMs, firstValue, lastMs, lastValue, count, sum, min, max, consumption, maxGapMs })
    }
    return {
      horizonMs,
      series: Array.from(found, ([datastreamId, hours]) => ({ datastreamId, hours: joinHours(hours) })),
    }
  } finally {
    instance.closeSync()
  }
}
