import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Command } from '@commander-js/extra-typings'
import { NadiError } from '../city/errors.ts'
import { type CityClient, connectCity } from './city.ts'
import { example, withCity } from './options.ts'
import { createProgress, type Progress } from './progress.ts'

type Item = Readonly<Record<string, string | number | boolean | null>>

interface SeriesPage {
  datastream: string
  unit: string
  timezone: string
  bucket: string
  items: Item[]
  next: string | null
}

/** `nadi export`: one Datastream as CSV, read page by page so that a year of it needs no memory. */
export const register = (program: Command): void => {
  withCity(program.command('export').argument('<datastream>', 'its path, e.g. library/energy'))
    .description('Writes a Datastream as CSV')
    .option('--from <time>', 'first time, inclusive (ISO 8601; default: a day ago)')
    .option('--to <time>', 'end, exclusive (default: now)')
    .option('--bucket <width>', 'raw, or a width like 5m, 1h, 1d', 'raw')
    .option('--output <file>', 'write there instead of to standard output')
    .addHelpText(
      'after',
      example(
        'npx nadi export library/energy --from 2026-11-01 --to 2026-12-01 --bucket 1h --output energy.csv',
      ),
    )
    .action(async (datastream, { from, to, bucket, output, json, ...at }) => {
      const query = new URLSearchParams({
        datastream,
        bucket,
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
      })
      const progress = await createProgress()
      const pages = seriesPages(connectCity(at), `/v1/series?${query.toString()}`, progress)
      const lines = Readable.from(json ? jsonOf(pages) : csvOf(pages))
      await write(lines, output)
      progress.done(output === undefined ? 'Exported.' : `Exported to ${output}.`)
    })
}

const write = async (lines: Readable, output: string | undefined): Promise<void> => {
  try {
    if (output === undefined) await pipeline(lines, process.stdout, { end: false })
    else await pipeline(lines, createWriteStream(output))
  } catch (error) {
    if (error instanceof NadiError) throw error
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    // Whoever reads us (`head`) has had enough: that is no failure.
    if (code === 'EPIPE') return
    throw new NadiError('internal', `The export could not be written to ${output ?? 'standard output'}.`, {
      cause: error,
    })
  }
}

async function* seriesPages(city: CityClient, first: string, progress: Progress): AsyncGenerator<SeriesPage> {
  let rows = 0
  for (let to: string | null = first; to !== null;) {
    const page: SeriesPage = await city.get(to)
    rows += page.items.length
    progress.update(`${rows} rows`)
    yield page
    to = page.next
  }
}

/** The columns of the contract, in its order; `level` and the like follow where the city gives them. */
const COLUMNS = ['time', 'value', 'start', 'end', 'mean', 'min', 'max', 'sum', 'count', 'last', 'measured']

async function* csvOf(pages: AsyncIterable<SeriesPage>): AsyncGenerator<string> {
  let columns: string[] | undefined
  for await (const { bucket, items } of pages) {
    if (!columns) {
      const fields = Object.keys(
        items[0] ?? (bucket === 'raw' ? { time: 0, value: 0 } : { start: 0, end: 0 }),
      )
      columns = [
        ...COLUMNS.filter((name) => fields.includes(name)),
        ...fields.filter((name) => !COLUMNS.includes(name)),
      ]
      yield `${columns.join(',')}\n`
    }
    const named = columns
    yield items.map((item) => `${named.map((name) => cellOf(item[name])).join(',')}\n`).join('')
  }
}

const cellOf = (value: Item[string] | undefined): string => {
  const text = String(value ?? '')
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

async function* jsonOf(pages: AsyncIterable<SeriesPage>): AsyncGenerator<string> {
  let begun = false
  for await (const { items, next: _, ...head } of pages) {
    if (!begun) yield `${JSON.stringify(head).slice(0, -1)},"items":[`
    const text = items.map((item) => JSON.stringify(item)).join(',\n')
    yield begun && text !== '' ? `,\n${text}` : text
    begun = true
  }
  yield ']}\n'
}
