import { z } from 'zod'
import { NadiError } from '../errors.ts'
import { mappingSchema, type Mapping, type MappingFormat } from '../mapping.ts'
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

const TIME_NAME = /^(?:date_?time|time_?stamp|time|date|ts)(?:_?(?:utc|local))?$/i

/**
 * The mapping that flags stand for, given a file's first two records. The delimiter is the one that cuts the header
 * into most fields; times are ISO. Throws `invalid-input` when no column holds times: then the file describes
 * something, or needs a mapping.
 */
export const mappingFromFlags = (flags: ImportFlags, records: readonly string[], file: string): Mapping => {
  const [header = '', first] = records
  const format = guessFormat(header, first)
  const names = splitFields(header, format).map((name) => name.trim())
  const cells = first === undefined ? undefined : splitFields(first, format).map((cell) => cell.trim())
  const time = timeColumns(names, cells)
  if (!time) throw noReadings(names, file)
  return mappingSchema.parse({
    format,
    time: { columns: time },
    building: flags.building,
    timeZone: flags.timezone,
    values: [{ datastream: `{column}/${flags.property}`, unit: flags.unit, kind: flags.kind }],
  })
}

/** Whatever the mapping says of it, a file none of whose columns is a time holds no readings. */
export const noReadings = (names: readonly string[], file: string): NadiError =>
  new NadiError(
    'invalid-input',
    `${file} holds no readings: none of its columns (${listed(names)}) is a time like 2020-01-30 08:00. A file that describes buildings or series is metadata and is not imported; for times written otherwise give a mapping with --mapping.`,
  )

const guessFormat = (
  header: string,
  first: string | undefined,
): Pick<MappingFormat, 'delimiter' | 'quote' | 'decimal'> => {
  const quote = '"'
  const delimiters = [',', ';', '\t', '|'] as const
  const counts = delimiters.map((delimiter) => splitFields(header, { delimiter, quote }).length)
  const delimiter = delimiters[counts.indexOf(Math.max(...counts))] ?? ','
  const cells = first === undefined ? [] : splitFields(first, { delimiter, quote })
  const comma = delimiter !== ',' && cells.some((cell) => /^\s*[+-]?\d+,\d+\s*$/.test(cell))
  return { delimiter, quote, decimal: comma ? ',' : '.' }
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
