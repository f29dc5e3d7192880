import { BASE, FEATURES, HOURS_PER_BLOCK, SPREAD } from '../../features/block.ts'
import { INPUTS } from './shape.ts'

/**
 * What the network sees of an hour: lags as distances from the base, these and the deviations in units of the hour's
 * spread, as its answers are, and last how far the ridge is from the base.
 */
const FIRST_LAG = FEATURES.indexOf('weekAgo')
const LAST_LAG = FEATURES.indexOf('meanOfSevenDays')
const LAST_DEVIATION = FEATURES.indexOf('deviationLastWeek')
const LATEST = FEATURES.indexOf('latest')
const FARTHEST = 6

const within = (value: number): number => Math.min(FARTHEST, Math.max(-FARTHEST, value))

/** Writes the 24 rows of a block to `out` from row `toRow` on. `ridge` is the ridge's forecast, by row of `rows`. */
export const writeInputs = (
  rows: Float32Array,
  ridge: Float32Array,
  sample: number,
  out: Float32Array,
  toRow: number,
): void => {
  for (let slot = 0; slot < HOURS_PER_BLOCK; slot += 1) {
    const row = sample * HOURS_PER_BLOCK + slot
    const from = row * FEATURES.length
    const to = (toRow + slot) * INPUTS
    const base = rows[from + BASE]!
    const spread = rows[from + SPREAD]!
    for (let i = 0; i < FEATURES.length; i += 1) {
      const value = rows[from + i]!
      out[to + i] =
        i < FIRST_LAG || (i > LAST_DEVIATION && i !== LATEST)
          ? value
          : within((i <= LAST_LAG || i === LATEST ? value - base : value) / spread)
    }
    out[to + FEATURES.length] = within((ridge[row]! - base) / spread)
  }
}
