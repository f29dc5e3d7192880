import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Command } from '@commander-js/extra-typings'
import { NadiError } from '../city/errors.ts'
import { connectCity, problemOf } from './city.ts'
import { example, withCity } from './options.ts'
import { printJson, say } from './output.ts'
import { createProgress, type Progress } from './progress.ts'

/** `nadi export`: the past of one or many Datastreams as one file, streamed, with the name of exactly those data. */
export const register = (program: Command): void => {
  withCity(
    program
      .command('export')
      .argument(
        '[datastreams]',
        'a Datastream, a building or part (all below it), or a pattern like "*/energy"',
      ),
  )
    .description('Writes Datastreams as CSV or Parquet, with flags and covariates')
    .option('--from <time>', 'first time, inclusive (ISO 8601; default: a day ago)')
    .option('--to <time>', 'end, exclusive (default: now)')
    .option('--bucket <width>', 'raw, or a width like 5m, 1h, 1d (default: raw)')
    .option(
      '--with <names>',
      'covariates beside each bucket: properties of its building (occupancy) or Datastreams, by commas',
    )
    .option('--snapshot <id>', 'exactly the data of an earlier export, or an error that they have changed')
    .option('--csv', 'as CSV (the default)')
    .option('--parquet', 'as Parquet; needs --output')
    .option('--convert <file>', 'turn a Parquet file of an export into CSV; needs --output and no city')
    .option('--output <file>', 'write there instead of to standard output')
    .addHelpText(
      'after',
      example(
        'npx nadi export library/energy --from 2026-11-01 --to 2026-12-01 --bucket 1h --output energy.csv',
        'npx nadi export "*/energy" --bucket 1h --from 2026-01-01 --with occupancy,outdoor-temperature --parquet --output energy.parquet',
      ),
    )
    .action(async (datastreams, options) => {
      const {
        from,
        to,
        bucket,
        with: covariates,
        snapshot,
        csv,
        parquet,
        convert,
        output,
        json,
        ...at
      } = options
      if (convert !== undefined) return convertFile(convert, output, json ?? false)
      if (csv && parquet) throw wrongUse('Choose --csv or --parquet.')
      if (parquet && output === undefined) throw wrongUse('--parquet needs --output FILE: it is no text.')
      if ((datastreams === undefined) === (snapshot === undefined)) {
        throw wrongUse('Name Datastreams (like library/energy), or give --snapshot ID and no name.')
      }
      const isDocument = json === true && output === undefined
      const query = new URLSearchParams({
        format: parquet ? 'parquet' : isDocument ? 'jsonl' : 'csv',
        ...given({ datastreams, from, to, bucket, covariates, snapshot }),
      })
      const progress = await createProgress()
      progress.update('The city gathers the rows')
      const response = await connectCity(at).fetch(`/v1/export?${query.toString()}`)
      if (!response.ok || !response.body) throw await problemOf(response)
      const told = {
        snapshot: response.headers.get('nadi-snapshot'),
        rows: Number(response.headers.get('nadi-rows')),
      }
      const bytes = counted(Readable.fromWeb(response.body), progress)
      if (output === undefined) await toStandardOutput(isDocument ? documentOf(told, bytes) : bytes)
      else await toFile(bytes, output)
      progress.done(
        `Exported ${told.rows} rows${output === undefined ? '' : ` to ${output}`}. Snapshot: ${told.snapshot}`,
      )
      if (json && output !== undefined) printJson({ ...told, output })
    })
}

/** For whoever has nothing that reads Parquet. */
const convertFile = async (parquet: string, output: string | undefined, json: boolean): Promise<void> => {
  if (output === undefined) throw wrongUse('--convert needs --output FILE.')
  // Loaded only here: a client of a city needs no database.
  const { parquetToCsv } = await import('../store/tableFile.ts')
  let metadata: Readonly<Record<string, string>>
  try {
    metadata = await parquetToCsv(parquet, output, tmpdir())
  } catch (cause) {
    throw new NadiError(
      'invalid-input',
      `${parquet} cannot be turned into ${output}. Is it a whole Parquet file, and is there room?`,
      { cause },
    )
  }
  const snapshot = metadata['nadi_snapshot'] ?? null
  if (json) printJson({ snapshot, output })
  else say(`Wrote ${output}. Snapshot: ${snapshot ?? 'none: it is no export of Nadi'}`)
}

const wrongUse = (text: string): NadiError =>
  new NadiError('invalid-input', `${text} Add --help for an example.`)

const given = (options: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )

async function* counted(chunks: AsyncIterable<Uint8Array>, progress: Progress): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    progress.update(`received ${(bytes / 1e6).toFixed(1)} MB`)
    yield chunk
  }
}

/** One JSON document of lines of JSON, without holding them all. */
async function* documentOf(told: object, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  yield `${JSON.stringify(told).slice(0, -1)},"items":[`
  let separator = '\n'
  for await (const line of createInterface({ input: Readable.from(bytes), crlfDelay: Infinity })) {
    yield `${separator}${line}`
    separator = ',\n'
  }
  yield '\n]}\n'
}

const toStandardOutput = async (chunks: AsyncIterable<Uint8Array | string>): Promise<void> => {
  try {
    await pipeline(Readable.from(chunks), process.stdout, { end: false })
  } catch (error) {
    // Whoever reads us (`head`) has had enough: that is no failure.
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return
    throw failed('standard output', error)
  }
}

/** Under another name until it is whole, so that half a file is never taken for all of it. */
const toFile = async (chunks: AsyncIterable<Uint8Array>, file: string): Promise<void> => {
  const partial = `${file}.partial`
  try {
    await pipeline(Readable.from(chunks), createWriteStream(partial))
    await rename(partial, file)
  } catch (error) {
    await rm(partial, { force: true })
    throw failed(file, error)
  }
}

const failed = (where: string, cause: unknown): NadiError =>
  new NadiError('internal', `The export could not be written to ${where}.`, { cause })
