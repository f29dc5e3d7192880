import { QUANTILES } from '../../../store/forecasts.ts'
import { LEVELS } from '../../quantiles.ts'

/**
 * From the nine outputs of an hour to nine quantiles that cannot cross: the first output is the middle, each other the
 * distance to the next quantile outwards, made positive (softplus). In units of the hour's spread.
 */
const MIDDLE = 4
/** Distance that an output of zero stands for, in spreads: about right for an ordinary hour. */
const GAP = 0.45

const softplus = (x: number): number => (x > 20 ? x : Math.log1p(Math.exp(x)))
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

/** Writes the quantiles of row `row` of `outputs` to `quantiles[0..8]`. */
export const writeQuantiles = (outputs: Float32Array, row: number, quantiles: Float64Array): void => {
  const at = row * LEVELS
  const middle = outputs[at]!
  quantiles[MIDDLE] = middle
  let up = middle
  let down = middle
  for (let k = 1; k <= MIDDLE; k += 1) {
    up += GAP * softplus(outputs[at + k]!)
    down -= GAP * softplus(outputs[at + MIDDLE + k]!)
    quantiles[MIDDLE + k] = up
    quantiles[MIDDLE - k] = down
  }
}

/** How much the middle's squared error (up to one spread, linear beyond) counts beside the pinball loss. */
const SQUARED_SHARE = 0.5

/** The mean pinball loss of the nine quantiles against a target in the same unit. */
export const pinballOf = (quantiles: Float64Array, target: number): number => {
  let loss = 0
  for (let level = 0; level < LEVELS; level += 1) {
    const over = target - quantiles[level]!
    loss += Math.max(QUANTILES[level]! * over, (QUANTILES[level]! - 1) * over)
  }
  return loss / LEVELS
}

/** Writes the gradient of that loss by the outputs of the row, times `weight`, to `gradient`. */
export const writePinballGradient = (
  outputs: Float32Array,
  quantiles: Float64Array,
  row: number,
  target: number,
  weight: number,
  gradient: Float32Array,
): void => {
  const at = row * LEVELS
  const slope = (level: number): number =>
    (weight / LEVELS) * ((target < quantiles[level]! ? 1 : 0) - QUANTILES[level]!)
  const missed = Math.min(1, Math.max(-1, quantiles[MIDDLE]! - target))
  let up = 0
  let down = 0
  // From the outside in: a gap moves its own quantile and all that lie beyond it.
  for (let k = MIDDLE; k >= 1; k -= 1) {
    up += slope(MIDDLE + k)
    down += slope(MIDDLE - k)
    gradient[at + k] = up * GAP * sigmoid(outputs[at + k]!)
    gradient[at + MIDDLE + k] = -down * GAP * sigmoid(outputs[at + MIDDLE + k]!)
  }
  gradient[at] = up + down + slope(MIDDLE) + (weight / LEVELS) * SQUARED_SHARE * missed
}
