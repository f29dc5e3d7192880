import { disclosePeople } from '../disclosure.ts'
import type { Sample } from '../observation.ts'
import { shownDuration, shownValue, type Finding, type QualityRules } from './finding.ts'

/**
 * A change that no room, person or machine can make in the time between two readings. `at once` is allowed however
 * short the time, the rate beside it for each minute. Limits are wide, for a flag must mean something:
 *
 * - temperature, humidity: WMO's guidelines for automatic stations (No. 8; CBS ET-AWS, Zahumensky 2004) call 3 K and
 *   15 % between neighbouring readings erroneous outdoors. Indoors a door, a kettle or a hand on the sensor does
 *   more, so twice the temperature and 40 % are allowed.
 * - co2: breath holds 40,000 ppm; who leans over the sensor moves it by some thousands at once.
 * - occupancy: a metre of door passes about 80 people a minute; 25 metres of doors, and as many at once for those who
 *   are counted together.
 * - energy, water (registers that grow, and amounts): 100 MW and 1 m3/s are more than one building's connection
 *   carries; at once a register may step by its own resolution.
 *
 * People are compared as everybody is told them, so that a finding tells no more.
 *
 * Light and power are switched, set points and ventilation are commanded: no change of theirs is impossible.
 */
interface Limit {
  atOnce: number
  perMinute: number
}

const STATES: Readonly<Record<string, Limit>> = {
  temperature: { atOnce: 6, perMinute: 2 },
  humidity: { atOnce: 40, perMinute: 10 },
  co2: { atOnce: 10_000, perMinute: 2_000 },
  occupancy: { atOnce: 2_000, perMinute: 2_000 },
}

const AMOUNTS: Readonly<Record<string, Limit>> = {
  energy: { atOnce: 1_000, perMinute: 100_000 / 60 },
  water: { atOnce: 10, perMinute: 60 },
}

export const impossibleJump = (
  { property, kind, unit }: QualityRules,
  before: Sample,
  after: Sample,
): Finding | undefined => {
  const limits = kind === 'instant' ? STATES : AMOUNTS
  const limit = Object.hasOwn(limits, property) ? limits[property] : undefined
  if (limit === undefined) return undefined
  const elapsedMs = after.timeMs - before.timeMs
  const valueOf = ({ value }: Sample): number =>
    property === 'occupancy' ? (disclosePeople(value).people ?? 0) : value
  const change = kind === 'interval' ? after.value : valueOf(after) - valueOf(before)
  const size = kind === 'counter' ? change : Math.abs(change)
  if (size <= limit.atOnce + (limit.perMinute * elapsedMs) / 60_000) return undefined
  const what =
    kind === 'interval'
      ? `an amount of ${shownValue(after.value)} ${unit}`
      : `from ${shownValue(before.value)} to ${shownValue(after.value)} ${unit}`
  return {
    kind: 'impossible-jump',
    fromMs: before.timeMs,
    toMs: after.timeMs,
    count: 1,
    detail: `${what} within ${shownDuration(elapsedMs)} is not possible`,
  }
}
