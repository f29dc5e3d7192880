import { NadiError } from '../../city/errors.ts'
import { mappingFromFlags } from '../../city/mapping/flags.ts'
import { listed } from '../../city/mapping/plan.ts'
import { splitFields } from '../../city/mapping/records.ts'
import { parseNumber } from '../../city/mapping/value.ts'
import { mappingSchema, type Mapping } from '../../city/mapping.ts'
import type { ForecastProperty } from '../../store/forecasts.ts'

/**
 * What a file means when no mapping says it. Wide: one column is the time, each other one a building. Long: one column
 * names the building (by its title, or as the only one that holds text beside a value), one the time, one the value.
 */
const ID_NAME =
  /^(?:unique[ _]?id|series(?:[ _]?id)?|id|building(?:[ _]?(?:id|name))?|meter[ _]?id|site(?:[ _]?id)?)$/i
const VALUE_NAME =
  /^(?:y|value|reading|meter[ _]?reading|kwh|energy(?:[ _]?kwh)?|electricity|load|consumption|demand|people|occupancy|count)$/i
const NOTHING = /^(?:|nan|na|n\/a|null|none|-)$/i
/** The building that columns and cells stand below while a file is read; nobody sees it. */
const BELOW = 'file'

/** Makes the mapping from a file's first records. Throws `invalid-input` when it can mean several things. */
export const mappingOfFile = (
  records: readonly string[],
  file: string,
  property: ForecastProperty,
): Mapping => {
  const base = mappingFromFlags({ building: BELOW, property }, records, file)
  const kind = property === 'energy' ? 'interval' : 'instant'
  const [header, ...rows] = records.map((record) =>
    splitFields(record, base.format).map((cell) => cell.trim()),
  )
  const names = (header ?? []).filter((name) => name !== '' && !base.time.columns.includes(name))
  const isText = (name: string): boolean => {
    const index = (header ?? []).indexOf(name)
    const cells = rows.map((row) => row[index] ?? '').filter((cell) => !NOTHING.test(cell))
    return cells.length > 0 && cells.every((cell) => parseNumber(cell, base.format.decimal) === undefined)
  }
  const values = (list: Mapping['values'][number]): Mapping =>
    mappingSchema.parse({ ...base, values: [list] })
  const id = idColumn(names, isText)
  if (id === undefined)
    return values({ columns: ['*'], except: [], datastream: `{column}/${property}`, kind })
  const others = names.filter((name) => name !== id)
  const named = others.filter((name) => VALUE_NAME.test(name))
  const [value, second] = named.length > 0 ? named : others.filter((name) => !isText(name))
  if (value === undefined || second !== undefined) throw ambiguous(file, id, others)
  return values({ columns: [value], except: [], datastream: `{${id}}/${property}`, kind })
}

const idColumn = (names: readonly string[], isText: (name: string) => boolean): string | undefined => {
  const named = names.find((name) => ID_NAME.test(name))
  if (named !== undefined && names.length > 1) return named
  const [text, second] = names.filter(isText)
  return second === undefined && names.some((name) => VALUE_NAME.test(name)) ? text : undefined
}

const ambiguous = (file: string, id: string, others: readonly string[]): NadiError =>
  new NadiError(
    'invalid-input',
    `${file} has a row for each time and "${id}", but which of ${listed(others)} is the value? Name one of them "value", or give a mapping with --mapping.`,
  )
