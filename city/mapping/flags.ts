import { z } from 'zod'
import { NadiError } from '../errors.ts'
import { mappingSchema, type Mapping } from '../mapping.ts'
import { isThingPath } from '../names.ts'
import { listed } from './plan.ts'
import { splitFields } from './records.ts'
import { timeParser } from './timeFormat.ts'
import { isTimeZone } from './wallClock.ts'

/** What the command line says instead of a mapping: every column but the time is a Thing below the building. */
export const importFlags = z.object({
  building: z.string().refine(isThingPath, 'a path of lower-case segments like "estate"'),
  property: z.string().refine((name) => isThingPath(name) && !name.includes('/'), 'a property like "energy"'),
  unit: z.string().min(1).optional(),
  kind: z.enum(['instant', 'interval', 'counter']).optional(),
  timezone: z.string().refine(isTimeZone, 'an IANA time zone like "Europe/London"').optional(),
})

export type ImportFlags = z.infer<typeof importFlags>

const TIME_NAME = /^(?:date_?time|time_?stamp|time|date|ts|ds)(?:_?(?:utc|local))?$/i

/**
 * The mapping that flags stand for, given a file's first two records. The delimiter is the one that cuts the header
 * into most fields with a time among them; times are ISO. Throws `invalid-input` when no column holds times: then the
 * file describes something, or needs a mapping.
 */
export const mappingFromFlags = (flags: ImportFlags, records: readonly string[], file: string): Mapping => {
  const [header = '', first] = records
  const readings = DELIMITERS.map((delimiter) => readWith(delimiter, header, first)).sort(
    (a, b) => b.names.length - a.names.length,
  )
  const found = readings.find(({ time }) => time !== undefined)
  if (!found?.time) throw noReadings(readings[0]?.names ?? [], file)
  const { delimiter, decimal, time } = found
  return mappingSchema.parse({
    format: { delimiter, quote: QUOTE, decimal },
    time: { columns: time },
    building: flags.building,
    timeZone: flags.timezone,
    values: [{ datastream: `{column}/${flags.property}`, unit: flags.unit, kind: flags.kind }],
  })
}

/**
 * Throws `invalid-input` when a file has none of the columns that its mapping names as the time: it is another file
 * than the mapping was written for, or a file that describes something and holds no readings.
 */
export const requireTimeColumn = (mapping: Mapping, columns: readonly string[], file: string): void => {
  const { columns: wanted } = mapping.time
  if (wanted.some((name) => columns.includes(name))) return
  throw new NadiError(
    'invalid-input',
    `${file} holds no readings for this mapping: it has no column ${listed(wanted)}, which time.columns names, but ${listed(columns)}. Correct the mapping; a file that describes buildings or series is metadata and is not imported.`,
  )
}

const noReadings = (names: readonly string[], file: string): NadiError =>
  new NadiError(
    'invalid-input',
    `${file} holds no readings: none of its columns (${listed(names)}) is a time like 2020-01-30 08:00. A file that describes buildings or series is metadata and is not imported; for times written otherwise give a mapping with --mapping.`,
  )

const QUOTE = '"'
const DELIMITERS = [',', ';', '\t', '|'] as const

/** What the first two records say when they are cut at this delimiter. */
const readWith = (delimiter: (typeof DELIMITERS)[number], header: string, first: string | undefined) => {
  const cut = (record: string): string[] =>
    splitFields(record, { delimiter, quote: QUOTE }).map((field) => field.trim())
  const names = cut(header)
  const cells = first === undefined ? undefined : cut(first)
  const decimalComma = delimiter !== ',' && cells?.some((cell) => /^[+-]?\d+,\d+$/.test(cell))
  return { delimiter, names, time: timeColumns(names, cells), decimal: decimalComma ? ',' : '.' }
}

const timeColumns = (
  names: readonly string[],
  cells: readonly string[] | undefined,
): string[] | undefined => {
  const isTime = (text: string): boolean => timeParser('iso')(text) !== undefined
  const [named, ...others] = names.filter((name) => TIME_NAME.test(name))
  if (!cells) return named === undefined ? undefined : [named]
  const cellOf = (name: string): string => cells[names.indexOf(name)] ?? ''
  if (named !== undefined) {
    const other = others.find((name) => isTime(`${cellOf(named)} ${cellOf(name)}`))
    if (other !== undefined) return [named, other]
    if (isTime(cellOf(named))) return [named]
  }
  const [firstName] = names
  if (firstName !== undefined && firstName !== '' && isTime(cells[0] ?? '')) return [firstName]
  return named === undefined ? undefined : [named]
}
