import type { BucketRow } from './buckets.ts'
import { isBuildingLevel, propertyOf } from './names.ts'
import type { Kind } from './observation.ts'
import { isPhysicalUnit } from './physicalUnit.ts'
import { PROPERTIES } from './properties.ts'
import type { Role } from './roles.ts'

/**
 * What may leave, and how: the one exit. Pages, `/v1`, streams, MQTT, downloads and forecasts all ask here, so that
 * no exact number of people leaves for anybody but an operator. Whoever reads gets a Datastream exactly as measured,
 * as levels with rounded counts, or not at all.
 */
export type Access = 'exact' | 'levels' | 'none'

/** How full: of the capacity, quiet < 40 % <= moderate < 70 % <= busy. `unknown` without a capacity to compare with. */
export type Level = 'quiet' | 'moderate' | 'busy' | 'unknown'

/** People as they leave: rounded to ten, and below ten not at all. */
export interface People {
  level: Level
  /** Null when suppressed. */
  people: number | null
  suppressed: boolean
}

/** The smallest count that is told, and the step to which counts are rounded. */
export const MINIMUM_PEOPLE = 10
/** The fewest parts whose sum or mean says nothing of any one of them. */
const MINIMUM_PARTS = 3
const MODERATE_FROM = 0.4
const BUSY_FROM = 0.7

/** What counts people. A queue's length may be published by its owner elsewhere; here it is kept like the others. */
const PEOPLE: ReadonlySet<string> = new Set(['occupancy', 'inflow', 'outflow', 'waiting'])

/** Below the building these reveal who is where, and need a role. */
const RESERVED_BELOW_BUILDING: ReadonlySet<string> = new Set([
  'presence',
  'co2',
  'illuminance',
  'power',
  'energy',
  'ventilation',
])

/** What is to be known of a Datastream to say who may have it. */
export interface Observed {
  path: string
  /** Undefined of one that nobody has declared: it is kept like people. */
  unit: string | undefined
  kind: Kind
}

/**
 * True when the Datastream counts people, under whatever name: a property that nobody here knows does, unless its unit
 * is one of physics. `headcount` in `1`, `utilisation` in `%` or `stay` in `min` tell of people; `pm25` in `ug/m3` cannot.
 */
export const countsPeople = ({ path, unit }: Pick<Observed, 'path' | 'unit'>): boolean => {
  const property = propertyOf(path)
  if (PEOPLE.has(property)) return true
  return !Object.hasOwn(PROPERTIES, property) && (unit === undefined || !isPhysicalUnit(unit))
}

/**
 * What a role gets of a Datastream. Operators and administrators see all exactly. Scientists see all but people
 * exactly, and people as everybody does. Everybody else (citizens, and agencies until it is known which rooms are
 * theirs) sees buildings, and of their parts only what says nothing of people.
 *
 * People below the building are for those who run the city alone, for whoever knows a building's number and those of
 * all its parts but one knows that one too. A register of people tells by its steps how few came between two readings,
 * and a building's `presence` whether anybody is in at all: neither is told.
 */
export const accessOf = (role: Role, datastream: Observed): Access =>
  accessTo(role, datastream, isBuildingLevel(datastream.path))

/**
 * What a role gets of a building's property that was put together from so many parts (null: the building measures it
 * itself). Of one part it is that part's own value, and of two either gives the other away: fewer than three are
 * kept like the parts themselves.
 */
export const accessOfParts = (role: Role, part: Observed, parts: number | null): Access =>
  accessTo(role, part, parts === null || parts >= MINIMUM_PARTS)

const accessTo = (role: Role, datastream: Observed, ofBuilding: boolean): Access => {
  if (role === 'operator' || role === 'administrator') return 'exact'
  const property = propertyOf(datastream.path)
  if (property === 'presence') return 'none'
  if (countsPeople(datastream)) return ofBuilding && datastream.kind !== 'counter' ? 'levels' : 'none'
  if (RESERVED_BELOW_BUILDING.has(property) && !ofBuilding && role !== 'scientist') return 'none'
  return 'exact'
}

/** True when the role gets exactly what everybody else gets rounded or not at all: each such access is audited. */
export const leavesExactly = (role: Role, datastream: Observed): boolean =>
  accessOf(role, datastream) === 'exact' && accessOf('citizen', datastream) !== 'exact'

/** The same of a building's property that was put together from so many parts; see `accessOfParts`. */
export const partsLeaveExactly = (role: Role, part: Observed, parts: number | null): boolean =>
  accessOfParts(role, part, parts) === 'exact' && accessOfParts('citizen', part, parts) !== 'exact'

/** True when the role gets anything at all exactly that others do not. */
export const seesProtected = (role: Role): boolean =>
  leavesExactly(role, { path: 'building/part/power', unit: 'W', kind: 'instant' })

/** True when the role may have the Datastream's values exactly as measured (MQTT has no other form). */
export const mayRead = (role: Role, datastream: Observed): boolean => accessOf(role, datastream) === 'exact'

/** True when the role may know of the Datastream, exactly or as levels. */
export const maySee = (role: Role, datastream: Observed): boolean => accessOf(role, datastream) !== 'none'

/**
 * A count of people as it may be told. The level is taken from the rounded count, so it tells nothing more; of a
 * suppressed count it tells only what the capacity already does.
 */
export const disclosePeople = (count: number, capacityPeople?: number): People => {
  const known = capacityPeople !== undefined && capacityPeople > 0
  if (!(count >= MINIMUM_PEOPLE)) {
    const surelyQuiet = known && MINIMUM_PEOPLE <= MODERATE_FROM * capacityPeople
    return { level: surelyQuiet ? 'quiet' : 'unknown', people: null, suppressed: true }
  }
  const people = Math.round(count / MINIMUM_PEOPLE) * MINIMUM_PEOPLE
  return { level: known ? levelOf(people / capacityPeople) : 'unknown', people, suppressed: false }
}

const levelOf = (share: number): Level => {
  if (share < MODERATE_FROM) return 'quiet'
  return share < BUSY_FROM ? 'moderate' : 'busy'
}

/** One value as it may be told: itself, or for `levels` a rounded count with its level. */
export interface DisclosedValue {
  value: number | null
  /** Present for `levels` only. */
  level?: Level
  suppressed?: boolean
}

/** A value for this access. `none` is never asked for: whoever gets that far has been refused. */
export const discloseValue = (access: Access, value: number, capacityPeople?: number): DisclosedValue => {
  if (access === 'exact') return { value }
  if (access === 'none') return { value: null, suppressed: true }
  const { level, people, suppressed } = disclosePeople(value, capacityPeople)
  return { value: people, level, suppressed }
}

/** What is told of a bucket: its numbers, of people with their level. */
export type DisclosedBucket = BucketRow & Omit<DisclosedValue, 'value'>

/**
 * A bucket as it may be told; of people without a sum, which would give their exact mean away. Nothing told rests on
 * a suppressed reading but through its being suppressed, so that no arithmetic over buckets, however they overlap,
 * finds out how few there were: least, most and last are those of the rounded readings, and the mean is the mean
 * (rounded) only where every reading in it is told. Where one is not, it is half of the most that is told.
 * docs/decisions/people.md proves it.
 */
export const discloseBucket = (access: Access, row: BucketRow, capacityPeople?: number): DisclosedBucket => {
  if (access === 'exact') return row
  if (access === 'none') {
    return { ...row, count: 0, mean: null, min: null, max: null, last: null, sum: null, suppressed: true }
  }
  if (row.mean === null) return { ...row, sum: null }
  const [min, max, last] = [row.min, row.max, row.last].map((value) => disclosePeople(value ?? 0).people)
  return {
    ...row,
    min: min ?? null,
    max: max ?? null,
    last: last ?? null,
    sum: null,
    ...toldMean(min === null ? (max ?? 0) / 2 : row.mean, capacityPeople),
    suppressed: min === null,
  }
}

/**
 * A bucket of several hours with the mean of what its hours tell, as half of the most says little of a day with its
 * night: `hours` are those of the bucket as `discloseBucket` told them.
 */
export const discloseWideBucket = (
  told: DisclosedBucket,
  hours: readonly DisclosedBucket[],
  capacityPeople?: number,
): DisclosedBucket => {
  const count = hours.reduce((sum, hour) => sum + hour.count, 0)
  if (told.mean === null && told.suppressed === undefined) return told
  const people = hours.reduce((sum, hour) => sum + hour.count * (hour.mean ?? 0), 0)
  return { ...told, ...toldMean(count === 0 ? 0 : people / count, capacityPeople) }
}

const toldMean = (mean: number, capacityPeople?: number): { mean: number | null; level: Level } => {
  const { people, level } = disclosePeople(mean, capacityPeople)
  return { mean: people, level }
}

/** Forecast quantiles as they may be told: a forecast of few people is as telling as a count of few. */
export const discloseQuantiles = (access: Access, quantiles: readonly number[]): (number | null)[] =>
  access === 'exact'
    ? [...quantiles]
    : quantiles.map((value) => (access === 'none' ? null : disclosePeople(value).people))
