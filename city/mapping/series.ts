import { acceptReading } from '../accept.ts'
import { NadiError } from '../errors.ts'
import type { MappingValues } from '../mapping.ts'
import { propertyOf } from '../names.ts'
import type { Kind } from '../observation.ts'
import { defaultKind, PROPERTIES } from '../properties.ts'
import { toPropertyUnit } from '../units.ts'
import type { RowClock } from './wallClock.ts'

/** A Datastream as a file brings it. */
export interface Series {
  datastream: string
  property: string
  /** Unit in which its values leave `accept`. */
  unit: string
  kind: Kind
  /** IANA zone of the building's days. */
  timeZone: string
  clock: RowClock
  /** The column and cells that it was made of, to notice when others become the same path. */
  names: string
  /** What the file calls it: the texts that fill its path, joined by "/"; the Thing where the path has no holes. */
  label: string
  /** The value in `unit`, or why it is no reading. */
  accept(value: number, timeMs: number): number | string
}

export interface SeriesOptions {
  datastream: string
  names: string
  label: string
  entry: MappingValues
  timeZone: string
  clock: RowClock
  /** Wall clock when the file is read: bounds how far ahead a reading may be. */
  nowMs: number
}

/** Makes a series. Throws `invalid-input` when its property cannot come in the unit that the mapping names. */
export const createSeries = ({
  datastream,
  names,
  label,
  entry,
  timeZone,
  clock,
  nowMs,
}: SeriesOptions): Series => {
  const property = propertyOf(datastream)
  const known = Object.hasOwn(PROPERTIES, property) ? PROPERTIES[property] : undefined
  const { unit } = entry
  if (known && unit !== undefined) {
    const { reason } = toPropertyUnit(property, 0, unit)
    if (reason !== undefined) throw new NadiError('invalid-input', `${datastream}: ${reason}.`)
  }
  const rules = { arrivalMs: nowMs }
  return {
    datastream,
    property,
    unit: known?.unit ?? unit ?? '1',
    kind: entry.kind ?? defaultKind(property),
    timeZone,
    clock,
    names,
    label,
    accept(value, timeMs) {
      const { reading, reason } = acceptReading({ name: datastream, timeMs, value, unit }, rules)
      return reading ? reading.value : reason
    },
  }
}
