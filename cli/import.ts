import { createReadStream, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { Readable, Transform } from 'node:stream'
import { type Command, Option } from '@commander-js/extra-typings'
import type { ImportProgress, ImportResult } from '../api/import/summary.ts'
import { NadiError } from '../city/errors.ts'
import { connectCity, errorOf, problemOf } from './city.ts'
import { example, withCity } from './options.ts'
import { printable, printJson, say } from './output.ts'
import { createProgress, type Progress } from './progress.ts'

/** `nadi import`: streams a file to the running city, which reads it. */
export const register = (program: Command): void => {
  withCity(program.command('import').argument('<file>', 'CSV, plain or gzip; "-" is standard input'))
    .description('Loads a file of readings into the city')
    .option('--mapping <file>', 'a YAML file that says which columns mean what')
    .option('--building <path>', 'the Thing that the file is about')
    .option('--property <name>', 'what it measures, e.g. energy')
    .option('--unit <unit>', "unit of the values (default: the property's own)")
    .addOption(
      new Option('--kind <kind>', 'how values add up').choices(['instant', 'interval', 'counter'] as const),
    )
    .option('--timezone <zone>', 'IANA zone of the times, e.g. Europe/London')
    .addHelpText(
      'after',
      example(
        'npx nadi import meters.csv.gz --mapping examples/import/cambridge-electricity.yaml',
        'npx nadi import estate.csv --building estate --property energy --unit kWh --kind interval --timezone Europe/London',
      ),
    )
    .action(async (file, { mapping, building, property, unit, kind, timezone, json, url, token }) => {
      if (mapping === undefined && (building === undefined || property === undefined)) {
        throw new NadiError(
          'invalid-input',
          'Say what the file holds: --mapping FILE.yaml, or at least --building and --property.',
        )
      }
      const flags = { building, property, unit, kind, timezone }
      const given = Object.entries(flags).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value]],
      )
      const totalBytes = file === '-' ? undefined : sizeOf(file)
      const city = connectCity({ url, token })
      const query = new URLSearchParams([
        ['filename', file === '-' ? 'standard-input' : path.basename(file)],
        ...given,
      ])
      if (mapping !== undefined) {
        query.set('mapping', Buffer.from(readText(mapping)).toString('base64url'))
        query.set('mappingname', mapping)
      }
      const progress = await createProgress()
      const response = await city.fetch(`/v1/imports?${query.toString()}`, {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: Readable.toWeb(bodyOf(file, totalBytes, progress)) as ReadableStream,
        duplex: 'half',
      })
      if (!response.ok) throw await problemOf(response)
      const result = await resultOf(response, progress)
      progress.done(summaryOf(result))
      if (json) printJson(result)
      else for (const line of detailsOf(result)) say(printable(line))
    })
}

const summaryOf = ({ read, stored, repeated, rejectedCount }: ImportResult): string =>
  `Read ${read} readings: ${stored} stored, ${repeated} repeated, ${rejectedCount} rejected.`

const detailsOf = ({ rejected, rejectedCount, findings }: ImportResult): string[] => [
  ...rejected
    .slice(0, SHOWN)
    .map(({ line, series, reason }) => `  line ${line}${series === null ? '' : `, ${series}`}: ${reason}`),
  ...(rejectedCount > SHOWN ? [`  and ${rejectedCount - SHOWN} more: --json lists them`] : []),
  ...findings.slice(0, SHOWN).map(({ message, count }) => `  found ${count}: ${message}`),
  ...(findings.length > SHOWN ? [`  and ${findings.length - SHOWN} more: --json lists them`] : []),
]

/** Lines of rejected readings and findings that a person is shown. */
const SHOWN = 20

const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new NadiError('invalid-input', `The mapping ${file} cannot be read.`, { cause })
  }
}

/** The file as a stream that tells how far it is. */
const bodyOf = (file: string, totalBytes: number | undefined, progress: Progress): Readable => {
  let sentBytes = 0
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sentBytes += chunk.length
      const share = totalBytes ? ` (${Math.round((100 * sentBytes) / totalBytes)} %)` : ''
      progress.update(`sent ${(sentBytes / 1e6).toFixed(1)} MB${share}`)
      done(null, chunk)
    },
  })
  const source = file === '-' ? process.stdin : createReadStream(file)
  source.on('error', (error) => counted.destroy(error))
  return source.pipe(counted)
}

const sizeOf = (file: string): number => {
  try {
    const stats = statSync(file)
    if (stats.isFile()) return stats.size
  } catch (cause) {
    throw new NadiError('invalid-input', `${file} cannot be read. Check its name.`, { cause })
  }
  throw new NadiError('invalid-input', `${file} is no file. Import its files one by one.`)
}

/** Follows the city's lines of JSON: progress, then one result or one problem. */
const resultOf = async (response: Response, progress: Progress): Promise<ImportResult> => {
  for await (const line of linesOf(response)) {
    const told: { progress?: ImportProgress; result?: ImportResult; error?: unknown } = JSON.parse(line)
    if (told.result) return told.result
    if (told.error !== undefined) {
      progress.failed('The import stopped.')
      throw errorOf(told.error, response.status)
    }
    if (told.progress) progress.update(sentenceOf(told.progress))
  }
  throw new NadiError(
    'internal',
    'The city stopped answering before the import was done. Import the file again: what is stored is not stored twice.',
  )
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  let rest = ''
  for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    yield* lines.filter((line) => line.trim() !== '')
  }
  if (rest.trim() !== '') yield rest
}

const sentenceOf = ({ rows, stored, repeated, rejected }: ImportProgress): string =>
  `${rows} rows: ${stored} stored, ${repeated} repeated, ${rejected} rejected`
