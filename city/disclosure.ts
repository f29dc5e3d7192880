import type { BucketRow } from './buckets.ts'
import { isBuildingLevel, propertyOf } from './names.ts'
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

/**
 * What counts people, under whatever name: those inside, those who come and go, those who wait. A queue's length may
 * be published by its owner elsewhere; here it is kept like the others, because what a file is does not follow it.
 */
const PEOPLE: ReadonlySet<string> = new Set(['occupancy', 'inflow', 'outflow', 'waiting'])

/** Below the building these reveal who is where, and need a role. */
const RESERVED_BELOW_BUILDING: ReadonlySet<string> = new Set([
  ...PEOPLE,
  'presence',
  'co2',
  'illuminance',
  'power',
  'energy',
  'ventilation',
])

/**
 * What a role gets of a Datastream (by path). Operators and administrators see all exactly. Scientists see all but
 * people exactly, and people as everybody does, in parts of buildings too. Everybody else (citizens, and agencies
 * until it is known which rooms are theirs) sees buildings, and of their parts only what says nothing of people.
 * A building's `presence` tells whether anybody is in at all, which a minimum count forbids to tell.
 */
export const accessOf = (role: Role, datastream: string): Access =>
  accessTo(role, propertyOf(datastream), isBuildingLevel(datastream))

/**
 * What a role gets of a building's property that was put together from so many parts (null: the building measures it
 * itself). Of one part it is that part's own value, and of two either gives the other away: fewer than three are
 * kept like the parts themselves.
 */
export const accessOfParts = (role: Role, property: string, parts: number | null): Access =>
  accessTo(role, property, parts === null || parts >= MINIMUM_PARTS)

const accessTo = (role: Role, property: string, ofBuilding: boolean): Access => {
  if (role === 'operator' || role === 'administrator') return 'exact'
  if (property === 'presence') return 'none'
  if (RESERVED_BELOW_BUILDING.has(property) && !ofBuilding && role !== 'scientist') return 'none'
  return PEOPLE.has(property) ? 'levels' : 'exact'
}

/** True when the role gets exactly what everybody else gets rounded or not at all: each such access is audited. */
export const leavesExactly = (role: Role, datastream: string): boolean =>
  accessOf(role, datastream) === 'exact' && accessOf('citizen', datastream) !== 'exact'

/** The same of a building's property that was put together from so many parts; see `accessOfParts`. */
export const partsLeaveExactly = (role: Role, property: string, parts: number | null): boolean =>
  accessOfParts(role, property, parts) === 'exact' && accessOfParts('citizen', property, parts) !== 'exact'

/** True when the role gets anything at all exactly that others do not. */
export const seesProtected = (role: Role): boolean => leavesExactly(role, 'building/part/power')

/** True when the role may have the Datastream's values exactly as measured (MQTT has no other form). */
export const mayRead = (role: Role, datastream: string): boolean => accessOf(role, datastream) === 'exact'

/** True when the role may know of the Datastream, exactly or as levels. */
export const maySee = (role: Role, datastream: string): boolean => accessOf(role, datastream) !== 'none'

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

/** A bucket as it may be told. A sum of counts would give their exact mean away, so it never leaves as levels. */
export type DisclosedBucket = BucketRow & Omit<DisclosedValue, 'value'>

export const discloseBucket = (access: Access, row: BucketRow, capacityPeople?: number): DisclosedBucket => {
  if (access === 'exact') return row
  if (access === 'none') {
    return { ...row, count: 0, mean: null, min: null, max: null, last: null, sum: null, suppressed: true }
  }
  const rounded = (value: number | null): number | null =>
    value === null ? null : disclosePeople(value).people
  const { mean, min, max, last } = row
  return {
    ...row,
    mean: rounded(mean),
    min: rounded(min),
    max: rounded(max),
    last: rounded(last),
    sum: null,
    ...(mean !== null && {
      level: disclosePeople(mean, capacityPeople).level,
      suppressed: [mean, min, max, last].some((value) => value !== null && rounded(value) === null),
    }),
  }
}

/** Forecast quantiles as they may be told: a forecast of few people is as telling as a count of few. */
export const discloseQuantiles = (access: Access, quantiles: readonly number[]): (number | null)[] =>
  access === 'exact'
    ? [...quantiles]
    : quantiles.map((value) => (access === 'none' ? null : disclosePeople(value).people))
