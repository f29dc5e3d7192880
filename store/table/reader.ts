import { createWriteStream } from 'node:fs'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { NadiError } from '../../city/errors.ts'
import { createRecordNumberer, type RecordFormat, type RecordNumberer } from '../../city/mapping/records.ts'
import { MAX_UNPACKED_BYTES, unpacked, unreadable } from './source.ts'

/**
 * Reads a table with DuckDB's CSV reader, in an instance of its own in memory: rows stream, the file is never in
 * memory as a whole. DuckDB leaves out blank lines and bad records without telling where it is, so each record first
 * gets its line number as a field (`city/mapping/records.ts`): lines are exact by construction.
 */
export interface TableReader extends AsyncDisposable {
  /** Line of the first record; undefined when there is none. */
  firstLine: number | undefined
  /** Rows in the file's order, a batch at a time; each has as many cells as there are fields, empty ones as ''. */
  rows(signal: AbortSignal): AsyncIterable<readonly Row[]>
  /** Records that are no rows, ascending by line; complete once `rows` has ended. */
  malformed(): Promise<Malformed[]>
}

export interface Row {
  line: number
  cells: string[]
}

export interface Malformed {
  line: number
  reason: string
}

export interface TableOptions {
  path: string
  /** Where the numbered copy goes; the caller deletes it. */
  scratchPath: string
  format: RecordFormat
  /** Fields that each row must have. */
  fields: number
}

/** ASCII unit separator; the numbered copy has none. One text a row crosses into JavaScript 4 times as fast as 100. */
const SEPARATOR = '\u001f'

/** Writes the numbered copy and opens it. Throws `invalid-input` for what is no CSV text. */
export const openTable = async ({
  path,
  scratchPath,
  format,
  fields,
}: TableOptions): Promise<TableReader> => {
  const numbered = await writeNumbered(path, scratchPath, format)
  let rowCount = 0
  let lastLine = 0
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '512MB' })
  const connection = await instance.connect()
  const close = async (): Promise<void> => {
    connection.closeSync()
    instance.closeSync()
  }
  return {
    firstLine: numbered.firstLine,
    async *rows(signal) {
      try {
        const result = await connection.stream(selectRows(scratchPath, format, fields))
        for (;;) {
          signal.throwIfAborted()
          const chunk = await result.fetchChunk()
          if (!chunk || chunk.rowCount === 0) return
          const rows: Row[] = []
          const lines = chunk.getColumnVector(0)
          const texts = chunk.getColumnVector(1)
          for (let i = 0; i < chunk.rowCount; i += 1) {
            rows.push({ line: Number(lines.getItem(i)), cells: String(texts.getItem(i)).split(SEPARATOR) })
          }
          rowCount += rows.length
          lastLine = rows.at(-1)?.line ?? lastLine
          yield rows
        }
      } catch (cause) {
        if (signal.aborted || cause instanceof NadiError) throw cause
        throw notCsv(cause)
      }
    },
    async malformed() {
      const rejects = await readRejects(connection, fields, numbered.broken)
      const lost = numbered.records + numbered.broken.length - rowCount - rejects.length
      return lost > 0
        ? [...rejects, { line: lastLine + 1, reason: `${lost} records after here were not read` }]
        : rejects
    },
    [Symbol.asyncDispose]: close,
  }
}

/** Returns the numberer for what it saw. */
const writeNumbered = async (
  path: string,
  scratchPath: string,
  format: RecordFormat,
): Promise<Pick<RecordNumberer, 'records' | 'firstLine' | 'broken'>> => {
  const numberer = createRecordNumberer(format)
  let length = 0
  const numbered = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      length += chunk.length
      try {
        if (length > MAX_UNPACKED_BYTES) throw tooLarge()
        done(null, numberer.push(chunk))
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)))
      }
    },
    flush(done) {
      done(null, numberer.end())
    },
  })
  try {
    await pipeline(await unpacked(path), numbered, createWriteStream(scratchPath, { mode: 0o600 }))
  } catch (cause) {
    throw unreadable(cause)
  }
  return numberer
}

const selectRows = (path: string, { delimiter, quote }: RecordFormat, fields: number): string => {
  const names = Array.from({ length: fields }, (_, index) => `c${index}`)
  const columns = ['line', ...names].map((name) => `'${name}': 'VARCHAR'`).join(', ')
  const cells = names.map((name) => `coalesce(${name}, '')`).join(', ')
  return `SELECT line, concat_ws(chr(31), ${cells}) FROM read_csv(${text(path)}, auto_detect = false,
    all_varchar = true, header = false, delim = ${text(delimiter)}, quote = ${text(quote)}, escape = ${text(quote)},
    new_line = '\\n', parallel = false, store_rejects = true, columns = {${columns}})`
}

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`

/** What DuckDB refused, in our words. A record can have several faults; the first is told. */
const readRejects = async (
  connection: DuckDBConnection,
  fields: number,
  broken: readonly number[],
): Promise<Malformed[]> => {
  const reader = await connection.runAndReadAll(
    `SELECT csv_line, error_type, max(column_idx) FROM reject_errors GROUP BY ALL`,
  )
  const byLine = new Map<number, string>()
  for (const [csvLine, kind, columnIndex] of reader.getRows()) {
    const line = Number.parseInt(String(csvLine).replace(/^\D/, ''), 10)
    if (!byLine.has(line)) byLine.set(line, describe(String(kind), Number(columnIndex) - 1, fields))
  }
  for (const line of broken) byLine.set(line, BAD_QUOTE)
  return [...byLine].map(([line, reason]) => ({ line, reason })).sort((a, b) => a.line - b.line)
}

const BAD_QUOTE = 'a quote is opened and not closed as it should be'

const describe = (kind: string, found: number, fields: number): string => {
  if (kind === 'MISSING COLUMNS') return `the line has ${found} of the ${fields} fields`
  if (kind === 'TOO MANY COLUMNS') return `the line has more than ${fields} fields`
  if (kind === 'UNQUOTED VALUE') return BAD_QUOTE
  if (kind === 'INVALID ENCODING') return 'the line is not UTF-8'
  return `the line cannot be read (${kind.toLowerCase()})`
}

const notCsv = (cause: unknown): NadiError =>
  new NadiError(
    'invalid-input',
    'The file cannot be read as CSV. Is it a table of text with the delimiter and the quote that the mapping names?',
    { cause },
  )

const tooLarge = (): NadiError =>
  new NadiError('too-large', `The file is larger than ${MAX_UNPACKED_BYTES} bytes. Send it in parts.`)
