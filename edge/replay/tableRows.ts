import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Transform } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { parse } from 'csv-parse'
import { NadiError } from '../../city/errors.ts'
import { createRecordNumberer, type RecordFormat } from '../../city/mapping/records.ts'

/** One record of a table: the line that it begins on and its fields, however many they are. */
export interface TableRow {
  line: number
  cells: string[]
}

/**
 * The records of a CSV file, plain or gzip, one after the other; the header is the first. Cut by the same numberer as
 * in an import, so that lines agree. Throws `invalid-input` when the file cannot be read.
 */
export async function* tableRows(file: string, format: RecordFormat): AsyncGenerator<TableRow> {
  const bytes = createReadStream(file, { highWaterMark: 256 * 1024 })
  const gunzip = (await isGzip(file)) ? createGunzip() : undefined
  const numberer = createRecordNumberer(format)
  const numbered = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      try {
        done(null, numberer.push(chunk))
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)))
      }
    },
    flush(done) {
      done(null, numberer.end())
    },
  })
  const parser = parse({
    delimiter: format.delimiter,
    quote: format.quote,
    escape: format.quote,
    relax_column_count: true,
    relax_quotes: true,
    trim: true,
    record_delimiter: '\n',
    skip_records_with_error: true,
  })
  const chain = gunzip ? [bytes, gunzip, numbered, parser] : [bytes, numbered, parser]
  chain.forEach((stream, index) => {
    const next = chain[index + 1]
    // A failure anywhere reaches the reader at the end of the chain.
    if (next) stream.once('error', (error) => parser.destroy(error))
  })
  const records = gunzip ? bytes.pipe(gunzip).pipe(numbered).pipe(parser) : bytes.pipe(numbered).pipe(parser)
  try {
    for await (const record of records as AsyncIterable<string[]>) {
      const [line, ...cells] = record
      yield { line: Number(line), cells }
    }
  } catch (cause) {
    if (cause instanceof NadiError) throw cause
    throw new NadiError(
      'invalid-input',
      `${file} cannot be read to its end: is it a whole CSV or gzip file?`,
      { cause },
    )
  } finally {
    for (const stream of chain) stream.destroy()
  }
}

const isGzip = async (path: string): Promise<boolean> => {
  try {
    await using file = await open(path)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } catch (cause) {
    throw new NadiError('invalid-input', `${path} cannot be read. Check its name.`, { cause })
  }
}
