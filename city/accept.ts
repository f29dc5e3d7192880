import { buildingOf, isDatastreamPath, MAX_PATH_LENGTH, propertyOf } from './names.ts'
import type { Reading } from './observation.ts'
import { PROPERTIES } from './properties.ts'
import { toPropertyUnit } from './units.ts'

/**
 * What one reading must be to come in, whatever the door: a Datastream's path, of the building that the sender speaks
 * for, at a time from 1970 to a day after its arrival, with a possible value in a known unit.
 */
export interface Candidate {
  /** Supposedly a Datastream's path. */
  name: string
  timeMs: number
  value: number
  /** SenML, UCUM or Home Assistant code; absent: the property's own. */
  unit?: string | undefined
}

export interface AcceptRules {
  arrivalMs: number
  /** The only building that the sender may speak for; absent: any. */
  building?: string | undefined
}

/** The reading as it is kept, or why it is not; `foreign` when it is of another building than the sender's. */
export type Accepted =
  | { reading: Reading; reason?: never; foreign?: never }
  | { reading?: never; reason: string; foreign?: boolean }

/** How far ahead of its arrival a reading's time may be. */
export const MAX_AHEAD_MS = 24 * 60 * 60 * 1000

/** Longest unit that a Datastream of an unknown property may carry. */
const MAX_UNIT_LENGTH = 40

/**
 * Judges one reading and brings it into the property's own unit. Pure. Asked up to 200,000 times a second, so the
 * common case (own unit, known property) does no more than it must.
 */
export const acceptReading = (candidate: Candidate, rules: AcceptRules): Accepted => {
  const { name, timeMs, unit } = candidate
  if (!isDatastreamPath(name)) {
    return {
      reason: `"${shown(name)}" is no name of a Datastream: lower-case segments (a-z, 0-9, "-") with "/" between, the last one the property, at most ${MAX_PATH_LENGTH} characters`,
    }
  }
  if (rules.building !== undefined && !isOf(name, rules.building)) {
    return {
      foreign: true,
      reason: `"${buildingOf(name)}" is not the sender's building "${rules.building}"`,
    }
  }
  if (!(timeMs >= 0)) return { reason: 'its time is before 1970' }
  if (timeMs > rules.arrivalMs + MAX_AHEAD_MS)
    return { reason: 'its time is more than 24 h after its arrival' }
  return inOwnUnit(name, timeMs, candidate.value, unit)
}

const inOwnUnit = (datastream: string, timeMs: number, given: number, unit: string | undefined): Accepted => {
  if (!Number.isFinite(given)) return { reason: 'its value is not a finite number' }
  const property = propertyOf(datastream)
  const known = Object.hasOwn(PROPERTIES, property) ? PROPERTIES[property] : undefined
  if (known === undefined) return ofUnknownProperty(datastream, timeMs, given, unit)
  let value = given
  if (unit !== undefined && unit !== known.unit) {
    const converted = toPropertyUnit(property, given, unit)
    if (converted.reason !== undefined) return { reason: converted.reason }
    value = converted.value
  }
  if (!(value >= known.min && value <= known.max)) {
    return {
      // SenML's "1" counts things, and says nothing to a reader.
      reason: `${known.unit === '1' ? value : `${value} ${known.unit}`} is not possible for ${property} (${known.min} to ${known.max})`,
    }
  }
  return { reading: { datastream, timeMs, value } }
}

const ofUnknownProperty = (
  datastream: string,
  timeMs: number,
  value: number,
  unit: string | undefined,
): Accepted => {
  if (unit === undefined) return { reading: { datastream, timeMs, value } }
  if (unit.length > MAX_UNIT_LENGTH)
    return { reason: `its unit is longer than ${MAX_UNIT_LENGTH} characters` }
  return { reading: { datastream, timeMs, value, unit } }
}

/** `buildingOf(name) === building` without cutting the name. */
const isOf = (name: string, building: string): boolean =>
  name.charCodeAt(building.length) === SLASH && name.startsWith(building)

const SLASH = 47

/** Bounds what a stranger's text may put into a reason. */
const shown = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}...` : text)
