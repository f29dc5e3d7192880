import { QUANTILES } from '../store/forecasts.ts'
import type { Calibration } from './forecastModel.ts'
import { LEVELS } from './quantiles.ts'

/**
 * Conformal calibration of quantiles. Each level of each regime (0 = day off, 1 = working day) is moved by an offset in
 * units of the raw spread of its hour, the distance of the 0.9 from the 0.1 quantile. The offsets begin where held-back
 * errors of all series put them (split conformal, Vovk et al. 2005; of quantiles: Romano, Patterson and Candès 2019)
 * and then follow the series' own truth by steps along the gradient of the pinball loss (adaptive conformal inference,
 * Gibbs and Candès 2021; quantile tracking, Angelopoulos, Candès and Tibshirani 2023).
 */
const REGIMES = 2

export const UNCALIBRATED: Calibration = Array.from({ length: REGIMES }, () => QUANTILES.map(() => 0))

/** Fewer held-back hours than this in a regime say nothing of its tails. */
const LEAST_HOURS = 100

/** Offsets that make `quantiles`, row-major `[n x 9]`, hold of `truths`. `regimes[i]` is 0 or 1; NaN truths are left out. */
export const conformalOffsets = (
  quantiles: ArrayLike<number>,
  truths: ArrayLike<number>,
  regimes: ArrayLike<number>,
  otherwise: Calibration = UNCALIBRATED,
): Calibration =>
  otherwise.map((unmoved, regime) => {
    const hours: number[] = []
    for (let i = 0; i < truths.length; i += 1)
      if (regimes[i] === regime && !Number.isNaN(truths[i]!) && spreadAt(quantiles, i) > 0) hours.push(i)
    if (hours.length < LEAST_HOURS) return unmoved
    const misses = new Float64Array(hours.length)
    return QUANTILES.map((level, j) => {
      for (const [k, i] of hours.entries())
        misses[k] = (truths[i]! - quantiles[i * LEVELS + j]!) / spreadAt(quantiles, i)
      misses.sort()
      return misses[Math.min(hours.length - 1, Math.ceil(level * (hours.length + 1)) - 1)]!
    })
  })

/** A forecast as it was issued, and what came of its hours. */
export interface ScoredIssue {
  issuedAtMs: number
  /** As issued, row-major `[h x 9]`. */
  quantiles: Float64Array
  /** `[h]`, NaN = not known at the time that counts. */
  truths: Float64Array
  /** `[h]`, 0 or 1. */
  regimes: Uint8Array
}

/** How far a day on which every hour missed moves an offset: fast at first, then slowly. */
const FIRST_STEP = 0.25
const LAST_STEP = 0.05
const STEP_HALVED_AFTER_DAYS = 10
/** The middle hardly moves: chasing its noise costs more than a bias of the model's does, and the tails carry coverage. */
const PACES = QUANTILES.map((level) => 0.1 + 0.9 * (Math.abs(level - 0.5) / 0.4))
/** Hours of an issue that count: later ones are in a newer issue as well. */
const COUNTED_HOURS = 24
const MS_PER_DAY = 86_400_000
const FARTHEST = 2

/** The offsets after these issues, which ascend by issue time. Follows from its arguments alone. */
export const followOffsets = (start: Calibration, issues: readonly ScoredIssue[]): number[][] => {
  const offsets = start.map((levels) => [...levels])
  const days = [0, 0]
  for (const [index, { issuedAtMs, quantiles, truths, regimes }] of issues.entries()) {
    // Issues that overlap share the day that they are about.
    const sinceLast = index === 0 ? 1 : (issuedAtMs - issues[index - 1]!.issuedAtMs) / MS_PER_DAY
    const share = Math.min(1, sinceLast) / COUNTED_HOURS
    const pulls = UNCALIBRATED.map((levels) => [...levels])
    const hours = [0, 0]
    for (let hour = 0; hour < Math.min(COUNTED_HOURS, truths.length); hour += 1) {
      const truth = truths[hour]!
      if (Number.isNaN(truth) || spreadAt(quantiles, hour) <= 0) continue
      const regime = regimes[hour]!
      hours[regime]! += 1
      for (let level = 0; level < LEVELS; level += 1) {
        const quantile = quantiles[hour * LEVELS + level]!
        // A truth that equals its quantile, as at night with nobody in, pulls neither way.
        if (truth !== quantile) pulls[regime]![level]! += QUANTILES[level]! - (truth < quantile ? 1 : 0)
      }
    }
    for (let regime = 0; regime < REGIMES; regime += 1) {
      const step = LAST_STEP + (FIRST_STEP - LAST_STEP) / (1 + days[regime]! / STEP_HALVED_AFTER_DAYS)
      days[regime]! += hours[regime]! * share
      for (let level = 0; level < LEVELS; level += 1) {
        const moved = offsets[regime]![level]! + step * PACES[level]! * share * pulls[regime]![level]!
        offsets[regime]![level] = Math.min(FARTHEST, Math.max(-FARTHEST, moved))
      }
    }
  }
  return offsets
}

/** The quantiles moved by the offsets of their regimes, put in order, none below zero. */
export const applyOffsets = (
  quantiles: Float64Array,
  regimes: Uint8Array,
  offsets: Calibration,
): Float64Array => {
  const moved = new Float64Array(quantiles.length)
  for (let hour = 0; hour * LEVELS < quantiles.length; hour += 1) {
    const spread = spreadAt(quantiles, hour)
    const own = moved.subarray(hour * LEVELS, (hour + 1) * LEVELS)
    for (let level = 0; level < LEVELS; level += 1)
      own[level] = Math.max(0, quantiles[hour * LEVELS + level]! + spread * offsets[regimes[hour]!]![level]!)
    own.sort()
  }
  return moved
}

const spreadAt = (quantiles: ArrayLike<number>, row: number): number =>
  quantiles[row * LEVELS + LEVELS - 1]! - quantiles[row * LEVELS]!
