import { HOUR_MS } from '../partials.ts'
import { shownDuration, shownValue, type Finding, type QualityRules } from './finding.ts'

/**
 * A value that stays exactly the same for longer than what it measures can. WMO's guidelines (No. 8) doubt an outdoor
 * temperature that moves by less than 0.1 K, or a humidity by less than 1 %, within an hour; indoors at night, read
 * to a half degree, hours are common, so a day is taken. Set points, presence, people, ventilation and water do stay
 * the same, and a register that stands still has counted nothing.
 */
interface Stay {
  longestMs: number
  /** Values at which it may stay: nothing is on, the air is saturated, the sensor shows nothing lower. */
  rest: readonly number[]
}

const STATES: Readonly<Record<string, Stay>> = {
  temperature: { longestMs: 24 * HOUR_MS, rest: [] },
  humidity: { longestMs: 24 * HOUR_MS, rest: [100] },
  co2: { longestMs: 12 * HOUR_MS, rest: [400] },
  power: { longestMs: 12 * HOUR_MS, rest: [0] },
  illuminance: { longestMs: 24 * HOUR_MS, rest: [0] },
}

const AMOUNTS: Readonly<Record<string, Stay>> = {
  energy: { longestMs: 24 * HOUR_MS, rest: [0] },
}

/** How long its value may stay the same; undefined where it may for ever. */
export const longestStayMs = (rules: QualityRules): number | undefined => stayOf(rules)?.longestMs

const stayOf = ({ property, kind }: QualityRules): Stay | undefined => {
  if (kind === 'counter') return undefined
  const stays = kind === 'instant' ? STATES : AMOUNTS
  return Object.hasOwn(stays, property) ? stays[property] : undefined
}

/** A gap of more than this share of the longest stay ends a run: nobody knows what was in it. */
const GAP_SHARE = 1 / 8

/** True when a reading goes on with the run of those before it. */
export const continuesRun = (
  rules: QualityRules,
  before: { timeMs: number; value: number },
  after: { timeMs: number; value: number },
): boolean => {
  const stay = stayOf(rules)
  return (
    stay !== undefined &&
    after.value === before.value &&
    after.timeMs - before.timeMs <= stay.longestMs * GAP_SHARE
  )
}

/** A run of equal readings as a finding, once it is too long; `toMs` null while it goes on. */
export const stuckValue = (
  rules: QualityRules,
  run: { fromMs: number; lastMs: number; value: number; ended: boolean },
): Finding | undefined => {
  const stay = stayOf(rules)
  const lengthMs = run.lastMs - run.fromMs
  if (stay === undefined || lengthMs < stay.longestMs || stay.rest.includes(run.value)) return undefined
  return {
    kind: 'stuck-value',
    fromMs: run.fromMs,
    toMs: run.ended ? run.lastMs : null,
    count: 1,
    detail: run.ended
      ? `${shownValue(run.value)} ${rules.unit} for ${shownDuration(lengthMs)} without a change`
      : `${shownValue(run.value)} ${rules.unit} for more than ${shownDuration(stay.longestMs)} without a change`,
  }
}
