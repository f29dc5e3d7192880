import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { sqlText } from './snapshot.ts'

/** Turns a CSV file with a heading into a table file. Columns not named stay text; an empty cell is null. */
export interface TableFile {
  csv: string
  out: string
  /** DuckDB types by column, in the file's order. */
  columns: readonly { name: string; type: string }[]
  format: 'parquet' | 'jsonl'
  /** Kept in the Parquet file beside its data. */
  metadata: Readonly<Record<string, string>>
  /** Where DuckDB spills. */
  scratchDir: string
}

/**
 * In a database of its own with little memory and one thread, so that the city's is not disturbed and the same rows
 * give the same bytes.
 */
export const writeTableFile = (file: TableFile): Promise<void> =>
  withDatabase(file.scratchDir, async (connection) => {
    // The text of a time is kept for JSON, where it stands as text anyhow, with the building's offset.
    const types = file.columns.map(({ name, type }) => {
      const wanted = file.format === 'jsonl' && type === 'TIMESTAMPTZ' ? 'VARCHAR' : type
      return `${sqlText(name)}: ${sqlText(wanted)}`
    })
    const options =
      file.format === 'jsonl' ? 'format json' : `format parquet, compression zstd, ${metadataOf(file)}`
    await connection.run(
      `copy (from read_csv(${sqlText(file.csv)}, header = true, delim = ',', quote = '"', escape = '"', nullstr = '',
         columns = {${types.join(', ')}})) to ${sqlText(file.out)} (${options})`,
    )
  })

/**
 * The other way: a Parquet file of an export as CSV, its times in UTC, for whoever has nothing that reads Parquet.
 * Returns the metadata that the file holds. Throws what DuckDB throws when it is no Parquet file.
 */
export const parquetToCsv = (
  parquet: string,
  csv: string,
  scratchDir: string,
): Promise<Record<string, string>> =>
  withDatabase(scratchDir, async (connection) => {
    await connection.run(`set timezone = 'UTC'`)
    await connection.run(
      `copy (from read_parquet(${sqlText(parquet)})) to ${sqlText(csv)} (format csv, header true, timestampformat '%Y-%m-%dT%H:%M:%SZ')`,
    )
    const kept = await connection.runAndReadAll(
      `select decode(key)::varchar, decode(value)::varchar from parquet_kv_metadata(${sqlText(parquet)})`,
    )
    return Object.fromEntries(kept.getRows().map(([name, text]) => [String(name), String(text)]))
  })

const withDatabase = async <T>(
  scratchDir: string,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> => {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: '128MB',
    temp_directory: scratchDir,
  })
  try {
    const connection = await instance.connect()
    const result = await work(connection)
    connection.closeSync()
    return result
  } finally {
    instance.closeSync()
  }
}

const metadataOf = ({ metadata }: TableFile): string =>
  `kv_metadata {${Object.entries(metadata)
    .map(([name, text]) => `${sqlText(name)}: ${sqlText(text)}`)
    .join(', ')}}`
