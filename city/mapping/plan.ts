import { NadiError } from '../errors.ts'
import { matchesPattern, type Mapping } from '../mapping.ts'
import { isDatastreamPath, thingOf } from '../names.ts'
import { createSeries, type Series } from './series.ts'
import { COLUMN, parseTemplate, type Template } from './template.ts'
import { remembering, timeParser, type TimeParser } from './timeFormat.ts'
import { createRowClock, createZone, type RowClock } from './wallClock.ts'

/** More series than a file of a city's readings can mean: a path made of a column that differs in each row. */
export const MAX_SERIES = 20_000

/**
 * A mapping made ready for one file, whose columns are known. It remembers what order tells (clocks, for repeats of
 * an hour) and which series it has met, so it serves one reading of one file, rows in order.
 */
export interface Plan {
  mapping: Mapping
  /** Names of the fields, in order; every row has as many. */
  columns: readonly string[]
  timeColumns: readonly number[]
  parseTime: TimeParser
  groups: readonly Group[]
  /** Clocks that all rows of the file move, whichever cells they fill. */
  clocks: readonly RowClock[]
  series: ReadonlyMap<string, Series>
  /** Pairs of names that differ in the file and became one path. */
  merged: { datastream: string; names: string }[]
}

/** The series of one `values` entry: all known at once (wide), or found by cells of the row (long). */
export interface Group {
  /** Indexes of the value columns. */
  values: readonly number[]
  /** Indexes of the columns that fill the path. */
  keys: readonly number[]
  /** One for each of `values`, or why there is none. */
  seriesOf(cells: readonly string[]): readonly (Series | string)[]
}

export interface PlanOptions {
  /** IANA zone that holds where the mapping names none: the city's. */
  timeZone: string
  /** Wall clock when the file is read. */
  nowMs: number
}

/** Names of a file's fields by the mapping's format and the file's first record. Throws `invalid-input`. */
export const columnNames = (mapping: Mapping, firstRecord: readonly string[]): string[] => {
  const { header, columns } = mapping.format
  const names = columns ?? (header === 'short' ? ['row', ...firstRecord] : firstRecord)
  const trimmed = names.map((name) => name.trim())
  const twice = trimmed.find((name, index) => name !== '' && trimmed.indexOf(name) !== index)
  if (twice !== undefined) throw new NadiError('invalid-input', `Two columns are named "${twice}".`)
  return trimmed
}

/** Binds a mapping to a file's columns. Throws `invalid-input` when a column is missing or two paths are the same. */
export const createPlan = (mapping: Mapping, columns: readonly string[], options: PlanOptions): Plan => {
  const timeColumns = mapping.time.columns.map((name) => indexOf(columns, name))
  const series = new Map<string, Series>()
  const merged: Plan['merged'] = []
  const zones = new Map<string, ReturnType<typeof createZone>>()
  const fileClocks = new Map<string, RowClock>()

  const zoneOf = (column: string, datastream: string): string => {
    const match = Object.entries(mapping.timeZones).find(
      ([pattern]) => matchesPattern(pattern, column) || matchesPattern(pattern, datastream),
    )
    return match?.[1] ?? mapping.timeZone ?? options.timeZone
  }
  const clockOf = (zone: string, clocks: Map<string, RowClock>): RowClock => {
    const lookUp = zones.get(zone) ?? createZone(zone)
    zones.set(zone, lookUp)
    const clock = clocks.get(zone) ?? createRowClock(lookUp)
    clocks.set(zone, clock)
    return clock
  }

  /** Groups with the same columns in their paths share the work on a row. */
  const keyOf = memoizedKey()
  const groups = mapping.values.map((entry, position): Group => {
    const template = parseTemplate(
      mapping.building ? `${mapping.building}/${entry.datastream}` : entry.datastream,
    )
    const keys = template.columns.map((name) => indexOf(columns, name))
    const values = valueColumns(entry, columns, [...timeColumns, ...keys])
    if (values.length > 1 && !template.text.includes(`{${COLUMN}}`)) {
      throw new NadiError(
        'invalid-input',
        `values.${position}: ${values.length} columns (${listed(values.map((index) => columns[index] ?? ''))}) would all become ${template.text}. Put {column} into the path, or name one column.`,
      )
    }
    const make = (
      index: number,
      cells: readonly string[],
      clocks: Map<string, RowClock>,
    ): Series | string => {
      const column = columns[index] ?? ''
      const text = (name: string): string => (name === COLUMN ? column : (cells[columns.indexOf(name)] ?? ''))
      const empty = template.columns.find((name) => text(name).trim() === '')
      if (empty !== undefined) return `${empty} is empty`
      const datastream = template.render(text)
      if (!isDatastreamPath(datastream)) return `"${datastream}" is too long to be a path`
      const names = [column, ...keys.map((key) => cells[key] ?? '')].join(' ')
      const known = series.get(datastream)
      if (known) {
        if (known.names !== names) merged.push({ datastream, names: `"${known.names}" and "${names}"` })
        return known
      }
      if (series.size >= MAX_SERIES) throw tooManySeries(template)
      const timeZone = zoneOf(column, datastream)
      const clock = clockOf(mapping.time.zone ?? timeZone, clocks)
      const label = template.holes.map((name) => text(name).trim()).join('/') || thingOf(datastream)
      const made = createSeries({ datastream, names, label, entry, timeZone, clock, nowMs: options.nowMs })
      series.set(datastream, made)
      return made
    }
    if (keys.length === 0) {
      const fixed = values.map((index) => make(index, [], fileClocks))
      return { values, keys, seriesOf: () => fixed }
    }
    const byKey = new Map<string, (Series | string)[]>()
    return {
      values,
      keys,
      seriesOf: (cells) => {
        const key = keyOf(cells, keys)
        const known = byKey.get(key)
        if (known) return known
        const clocks = new Map<string, RowClock>()
        const found = values.map((index) => make(index, cells, clocks))
        byKey.set(key, found)
        return found
      },
    }
  })
  const [clash] = merged
  if (clash) {
    throw new NadiError(
      'invalid-input',
      `Columns ${clash.names} would both become ${clash.datastream}. Rename one, or leave one out with except.`,
    )
  }
  return {
    mapping,
    columns,
    timeColumns,
    parseTime: remembering(timeParser(mapping.time.format)),
    groups,
    clocks: [...fileClocks.values()],
    series,
    merged,
  }
}

const memoizedKey = () => {
  let last: { cells: readonly string[]; columns: string; key: string } | undefined
  return (cells: readonly string[], keys: readonly number[]): string => {
    const columns = keys.join(' ')
    if (last?.cells === cells && last.columns === columns) return last.key
    last = { cells, columns, key: keys.map((index) => cells[index]).join('\u001f') }
    return last.key
  }
}

const valueColumns = (
  entry: Mapping['values'][number],
  columns: readonly string[],
  taken: readonly number[],
): number[] => {
  for (const name of entry.columns) if (!name.includes('*')) indexOf(columns, name)
  const found = columns.flatMap((name, index) => {
    if (name === '' || taken.includes(index)) return []
    const wanted = entry.columns.some((pattern) => matchesPattern(pattern, name))
    return wanted && !entry.except.some((pattern) => matchesPattern(pattern, name)) ? [index] : []
  })
  if (found.length > 0) return found
  throw new NadiError(
    'invalid-input',
    `No value column fits ${listed(entry.columns)}; the file has ${listed(columns)}.`,
  )
}

const indexOf = (columns: readonly string[], name: string): number => {
  const index = columns.indexOf(name)
  if (index >= 0) return index
  throw new NadiError(
    'invalid-input',
    `The file has no column "${name}"; it has ${listed(columns)}. Is this the file that the mapping is for?`,
  )
}

/** Names for a message: the first few, and how many more. */
export const listed = (names: readonly string[]): string => {
  const shown = names.slice(0, 8).map((name) => `"${name.slice(0, 60)}"`)
  return names.length > 8 ? `${shown.join(', ')} and ${names.length - 8} more` : shown.join(', ')
}

const tooManySeries = (template: Template): NadiError =>
  new NadiError(
    'invalid-input',
    `${template.text} makes more than ${MAX_SERIES} Datastreams of this file. Does the path use a column that differs in every row?`,
  )
