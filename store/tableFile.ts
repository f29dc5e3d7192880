import { DuckDBInstance } from '@duckdb/node-api'
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
export const writeTableFile = async (file: TableFile): Promise<void> => {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: '256MB',
    temp_directory: file.scratchDir,
  })
  try {
    const connection = await instance.connect()
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
    connection.closeSync()
  } finally {
    instance.closeSync()
  }
}

const metadataOf = ({ metadata }: TableFile): string =>
  `kv_metadata {${Object.entries(metadata)
    .map(([name, text]) => `${sqlText(name)}: ${sqlText(text)}`)
    .join(', ')}}`
