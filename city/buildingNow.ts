import { isBuildingLevel, thingOf } from './names.ts'
import type { Sample } from './observation.ts'

/**
 * How a building is now, from the latest sample of each Datastream. A building that measures a property itself says
 * that; otherwise its parts are put together. Exact values: `disclosure.ts` says what of them may leave.
 */
export interface PropertyNow {
  /** For counters the register, which only differences make sense of. Null when nothing was ever measured. */
  value: number | null
  unit: string
  /** The oldest sample that the value rests on: no part of it is older. */
  timeMs: number | null
  ageSeconds: number | null
  state: 'fresh' | 'stale' | 'none'
  /** How many parts' samples the value was put together from; null where the building measures it itself. */
  parts: number | null
}

export interface NowDatastream {
  id: number
  path: string
  property: string
  unit: string
  intervalSeconds: number | null
}

export interface NowInput {
  building: string
  /** All Datastreams at and below the building. */
  datastreams: readonly NowDatastream[]
  latest: ReadonlyMap<number, Sample>
  nowMs: number
}

/** A sample younger than this is fresh however short its step: a phone's page need not race the sensor. */
const FRESH_FLOOR_SECONDS = 300
/** What counts as fresh where no step is known. */
const FRESH_UNKNOWN_STEP_SECONDS = 900
const STEPS_UNTIL_STALE = 3
/** A sample from further ahead than this has a wrong clock, and its age means nothing. */
export const AHEAD_TOLERANCE_MS = 300_000

/** Parts make a building by their mean, or by their sum. What is in neither list is shown only where measured. */
const MEANS: ReadonlySet<string> = new Set([
  'temperature',
  'humidity',
  'co2',
  'illuminance',
  'setpoint',
  'ventilation',
])
const SUMS: ReadonlySet<string> = new Set(['occupancy', 'power', 'energy', 'water'])

/** Each property that the building or its parts have a Datastream of, by name. */
export const buildingNow = ({
  building,
  datastreams,
  latest,
  nowMs,
}: NowInput): Record<string, PropertyNow> => {
  const byProperty = Map.groupBy(datastreams, ({ property }) => property)
  const now: Record<string, PropertyNow> = {}
  for (const property of [...byProperty.keys()].sort()) {
    const all = byProperty.get(property) ?? []
    const own = all.find(({ path }) => isBuildingLevel(path) && thingOf(path) === building)
    const state = own ? ownNow(own, latest, nowMs) : partsNow(property, all, latest, nowMs)
    if (state) now[property] = state
  }
  return now
}

const ownNow = (own: NowDatastream, latest: NowInput['latest'], nowMs: number): PropertyNow => {
  const sample = latest.get(own.id)
  if (!sample) return nothing(own.unit, null)
  return {
    value: sample.value,
    unit: own.unit,
    timeMs: sample.timeMs,
    ageSeconds: ageSeconds(sample.timeMs, nowMs),
    state: isFresh(own, sample, nowMs) ? 'fresh' : 'stale',
    parts: null,
  }
}

const partsNow = (
  property: string,
  all: readonly NowDatastream[],
  latest: NowInput['latest'],
  nowMs: number,
): PropertyNow | undefined => {
  const summed = SUMS.has(property)
  if (!summed && !MEANS.has(property)) return undefined
  const parts = topmost(all)
  const unit = parts[0]?.unit ?? ''
  const measured = parts.flatMap((part) => {
    const sample = latest.get(part.id)
    return sample && part.unit === unit ? [{ sample, fresh: isFresh(part, sample, nowMs) }] : []
  })
  if (measured.length === 0) return nothing(unit, 0)
  const fresh = measured.filter((part) => part.fresh)
  // A mean of those that answer is still a mean; a sum without the silent ones is no sum, so it counts as old.
  const used = !summed && fresh.length > 0 ? fresh : measured
  const isNow = summed ? fresh.length === parts.length : fresh.length > 0
  const total = used.reduce((sum, { sample }) => sum + sample.value, 0)
  const timeMs = Math.min(...used.map(({ sample }) => sample.timeMs))
  return {
    value: summed ? total : total / used.length,
    unit,
    timeMs,
    ageSeconds: ageSeconds(timeMs, nowMs),
    state: isNow ? 'fresh' : 'stale',
    parts: used.length,
  }
}

/** Without those below another of the same property: a floor already holds its zones. */
const topmost = (all: readonly NowDatastream[]): NowDatastream[] => {
  const things = new Set(all.map(({ path }) => thingOf(path)))
  const hasMeasuredAncestor = (thing: string): boolean => {
    for (let end = thing.lastIndexOf('/'); end > 0; end = thing.lastIndexOf('/', end - 1)) {
      if (things.has(thing.slice(0, end))) return true
    }
    return false
  }
  return all.filter(({ path }) => !hasMeasuredAncestor(thingOf(path)))
}

/** True while a sample is no older than three of its steps, and never false within five minutes. */
export const isFresh = (
  { intervalSeconds }: Pick<NowDatastream, 'intervalSeconds'>,
  { timeMs }: Pick<Sample, 'timeMs'>,
  nowMs: number,
): boolean => {
  const ageMs = nowMs - timeMs
  const longestMs = freshForMs(intervalSeconds === null ? undefined : intervalSeconds * 1000)
  return ageMs <= longestMs && ageMs >= -AHEAD_TOLERANCE_MS
}

/** How long a sample of a Datastream with this step (undefined: not known) counts as fresh. */
export const freshForMs = (stepMs: number | undefined): number =>
  stepMs === undefined
    ? FRESH_UNKNOWN_STEP_SECONDS * 1000
    : Math.max(STEPS_UNTIL_STALE * stepMs, FRESH_FLOOR_SECONDS * 1000)

const ageSeconds = (timeMs: number, nowMs: number): number => Math.max(0, Math.round((nowMs - timeMs) / 1000))

const nothing = (unit: string, parts: number | null): PropertyNow => ({
  value: null,
  unit,
  timeMs: null,
  ageSeconds: null,
  state: 'none',
  parts,
})
