import type { Reading } from './observation.ts'
import { propertyOf } from './names.ts'
import { PROPERTIES } from './properties.ts'

/**
 * SenML JSON (RFC 8428), the wire format of observations, in both directions. Written by hand and not as a zod parse
 * of each record: this stands on a path of up to 200,000 observations a second, and base fields carry from one record
 * to the next, which a schema of one record cannot say. The tests hold it against a zod schema. What a name, unit or
 * value may be is not judged here, only what the pack says.
 */

/** Most records in one pack, unless the caller says otherwise. */
export const MAX_RECORDS = 10_000

/** Times below this many seconds are relative to the arrival (RFC 8428, section 4.5.3): 1978-07-04 is the earliest absolute time. */
const FIRST_ABSOLUTE_SECONDS = 2 ** 28
/** RFC 8428, section 4.4: version 10 is the one that the RFC defines. */
const VERSION = 10
/** End of the year 9999; up to there a double holds seconds to the millisecond. */
const LATEST_MS = 253_402_300_799_999

/** One record with its base fields resolved. `index` is its position in the pack. */
export interface SenmlRecord {
  index: number
  /** `bn` + `n`: by contract a Datastream's path, not yet checked. */
  name: string
  timeMs: number
  value: number
  /** `u`, else `bu`; absent when the pack states none. */
  unit?: string
}

/** A record that cannot be used, and why. */
export interface SenmlProblem {
  index: number
  reason: string
}

/** What a payload holds, or why it cannot be understood at all. */
export type DecodedPack =
  | { ok: true; records: SenmlRecord[]; problems: SenmlProblem[] }
  | { ok: false; reason: string }

/**
 * Decodes one pack. A record that is wrong becomes a problem and the others are kept; a payload that is no pack, a
 * wrong base field (it would falsify all records after it) and a field that must be understood (its name ends in `_`,
 * section 4.4) refuse the whole pack. Never throws. `arrivalMs` is the time of records that state none and the origin
 * of relative times.
 */
export const decodePack = (
  payload: Uint8Array | string,
  arrivalMs: number,
  { maxRecords = MAX_RECORDS }: { maxRecords?: number } = {},
): DecodedPack => {
  const items = parse(payload)
  if (typeof items === 'string') return { ok: false, reason: items }
  if (items.length > maxRecords) {
    return { ok: false, reason: `the pack has ${items.length} records, at most ${maxRecords} are taken` }
  }
  const base: Base = { name: '', time: 0, value: undefined, unit: undefined }
  const records: SenmlRecord[] = []
  const problems: SenmlProblem[] = []
  for (let index = 0; index < items.length; index++) {
    const item = items[index]
    if (!isObject(item)) {
      problems.push({ index, reason: 'a record must be a JSON object' })
      continue
    }
    const wrongBase = takeBase(base, item)
    if (wrongBase !== undefined) return { ok: false, reason: `record ${index}: ${wrongBase}` }
    const resolved = resolve(base, item, index, arrivalMs)
    if (typeof resolved === 'string') problems.push({ index, reason: resolved })
    else if (resolved) records.push(resolved)
  }
  return { ok: true, records, problems }
}

interface Base {
  name: string
  time: number
  value: number | undefined
  unit: string | undefined
}

type JsonObject = Readonly<Record<string, unknown>>

const isObject = (item: unknown): item is JsonObject =>
  typeof item === 'object' && item !== null && !Array.isArray(item)

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The array in the payload, or the reason why there is none. */
const parse = (payload: Uint8Array | string): readonly unknown[] | string => {
  let text: string
  try {
    text = typeof payload === 'string' ? payload : utf8.decode(payload)
  } catch {
    return 'the payload is not UTF-8'
  }
  let items: unknown
  try {
    items = JSON.parse(text)
  } catch {
    return 'the payload is not JSON'
  }
  if (!Array.isArray(items)) return 'a SenML pack is a JSON array of records'
  return items
}

/** Carries the record's base fields over (section 4.6); returns what is wrong with one, which spoils the whole pack. */
const takeBase = (base: Base, item: JsonObject): string | undefined => {
  for (const key in item) {
    if (key.charCodeAt(key.length - 1) === UNDERSCORE) {
      return `the field "${shown(key)}" must be understood and is not known here`
    }
    if (key.charCodeAt(0) !== LETTER_B) continue
    const value = item[key]
    switch (key) {
      case 'bn':
        if (typeof value !== 'string') return 'bn must be a string'
        base.name = value
        break
      case 'bt':
        if (!isFiniteNumber(value)) return 'bt must be a finite number of seconds'
        base.time = value
        break
      case 'bv':
        if (!isFiniteNumber(value)) return 'bv must be a finite number'
        base.value = value
        break
      case 'bu':
        if (typeof value !== 'string') return 'bu must be a string'
        base.unit = value === '' ? undefined : value
        break
      case 'bver':
        if (!isFiniteNumber(value) || !Number.isInteger(value) || value < 1) {
          return 'bver must be a whole number'
        }
        if (value > VERSION) return `bver ${value} is newer than version ${VERSION}, which is understood here`
        break
      default:
    }
  }
  return undefined
}

const UNDERSCORE = 95
const LETTER_B = 98

const isFiniteNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value)

/** Bounds what a stranger's text may put into a reason. */
const shown = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}...` : text)

/** The resolved record, the reason why it cannot be used, or nothing when it only sets base fields. */
const resolve = (
  base: Base,
  item: JsonObject,
  index: number,
  arrivalMs: number,
): SenmlRecord | string | undefined => {
  const { n, u, t, v, vb, vs, vd, s } = item
  if (n !== undefined && typeof n !== 'string') return 'n must be a string'
  if (u !== undefined && typeof u !== 'string') return 'u must be a string'
  if (t !== undefined && !isFiniteNumber(t)) return 't must be a finite number of seconds'
  if (vs !== undefined || vd !== undefined) return 'only numbers and booleans are kept, not vs or vd'
  if (v !== undefined && vb !== undefined) return 'a record has one value, not v and vb'
  let value: number
  if (v !== undefined) {
    if (!isFiniteNumber(v)) return 'v must be a finite number'
    value = (base.value ?? 0) + v
    if (!Number.isFinite(value)) return 'bv + v is not a finite number'
  } else if (vb !== undefined) {
    if (typeof vb !== 'boolean') return 'vb must be true or false'
    value = vb ? 1 : 0
  } else {
    if (n === undefined && u === undefined && t === undefined && s === undefined) return undefined
    if (s !== undefined) return 'a sum alone is not kept, v is missing'
    // Section 4.5.4 as for times: of bv and v, the missing one is zero.
    if (base.value === undefined) return 'the record has no value'
    value = base.value
  }
  const name = n === undefined ? base.name : base.name + n
  if (name === '') return 'the record has no name: neither bn nor n'
  const timeMs = resolveTime(base.time + (t ?? 0), arrivalMs)
  if (!(Math.abs(timeMs) <= LATEST_MS)) return 'bt + t is not a possible time'
  const unit = u === undefined || u === '' ? base.unit : u
  return unit === undefined ? { index, name, timeMs, value } : { index, name, timeMs, value, unit }
}

const resolveTime = (seconds: number, arrivalMs: number): number =>
  Math.round(seconds < FIRST_ABSOLUTE_SECONDS ? arrivalMs + seconds * 1000 : seconds * 1000)

/**
 * Why a reading cannot be put into a pack, or nothing when it can: JSON knows finite numbers only, and SenML cannot
 * state a time before July 1978 (`FIRST_ABSOLUTE_SECONDS`).
 */
export const whyNotEncodable = ({ datastream, timeMs, value }: Reading): string | undefined => {
  if (datastream === '') return 'it has no name'
  if (!Number.isFinite(value)) return 'its value is not a finite number'
  if (!Number.isInteger(timeMs) || timeMs > LATEST_MS) return 'its time is not a whole number of milliseconds'
  if (timeMs < FIRST_ABSOLUTE_SECONDS * 1000) return 'its time is before 1978-07-04, which SenML cannot state'
  return undefined
}

/**
 * Encodes readings (all of them encodable, see `whyNotEncodable`) in their order as one pack: the Things' common path
 * and the first time are base fields, and a unit is stated only where it is not the property's own.
 */
export const encodePack = (readings: readonly Reading[]): string => {
  const prefix = commonPath(readings)
  const firstMs = readings[0]?.timeMs ?? 0
  const records = readings.map(({ datastream, timeMs, value, unit }, index) => ({
    ...(index === 0 && { ...(prefix !== '' && { bn: prefix }), bt: firstMs / 1000 }),
    n: datastream.slice(prefix.length),
    ...(unit !== undefined && unit !== PROPERTIES[propertyOf(datastream)]?.unit && { u: unit }),
    ...(timeMs !== firstMs && { t: (timeMs - firstMs) / 1000 }),
    v: value,
  }))
  return JSON.stringify(records)
}

/** Longest beginning, up to a slash, that all names share. */
const commonPath = (readings: readonly Reading[]): string => {
  let prefix = readings[0]?.datastream ?? ''
  for (const { datastream } of readings) {
    let length = 0
    while (length < prefix.length && prefix[length] === datastream[length]) length++
    prefix = prefix.slice(0, length)
  }
  return prefix.slice(0, prefix.lastIndexOf('/') + 1)
}
