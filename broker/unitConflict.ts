import { propertyOf } from '../city/names.ts'
import { PROPERTIES } from '../city/properties.ts'

/**
 * Why `unit` cannot be said of a Datastream that is kept in `kept`, if so. A property that we know is converted at the
 * door; one that we do not know stays in the unit that it first came with: another one would be another quantity, and
 * relabel what is stored already.
 */
export const unitConflict = (
  datastream: string,
  unit: string | undefined,
  kept: string | undefined,
): string | undefined => {
  const property = propertyOf(datastream)
  if (unit === undefined || kept === undefined || unit === kept) return undefined
  if (Object.hasOwn(PROPERTIES, property)) return undefined
  return `"${unit}" is not the unit "${kept}" that ${property} of this Datastream is kept in`
}

/** What a Datastream of an unknown property is kept in when nobody said more. */
export const NO_UNIT = '1'
