import { BLOCKS, FEATURES, HOURS_PER_BLOCK, SPREAD, WORKING } from '../../features/block.ts'
import type { TrainingSet } from '../../features/trainingSet.ts'
import { LEVELS, nineQuantiles } from '../../quantiles.ts'

/**
 * Quantiles of a middle's errors as multiples of the hour's own recent spread, by regime (0 = day off, 1 = working day)
 * and day ahead: `[2 x 7 x 9]`.
 */
export type Spreads = Float32Array

export const SPREADS_NUMBERS = 2 * BLOCKS * LEVELS
const LEAST_ERRORS = 200

const indexOf = (regime: number, block: number): number => (regime * BLOCKS + block - 1) * LEVELS

/** From middles that were forecast out of fold, `[count x 24]` in units of the context. */
export const fitSpreads = (set: TrainingSet, middles: Float32Array): Spreads => {
  const errors = Array.from({ length: 2 * BLOCKS }, (): number[] => [])
  const all: number[] = []
  for (let row = 0; row < set.count * HOURS_PER_BLOCK; row += 1) {
    const missed = set.targets[row]! - middles[row]!
    if (Number.isNaN(missed)) continue
    const at = row * FEATURES.length
    const error = missed / set.rows[at + SPREAD]!
    const block = set.blocks[Math.floor(row / HOURS_PER_BLOCK)]!
    errors[set.rows[at + WORKING]! * BLOCKS + block - 1]!.push(error)
    all.push(error)
  }
  const ofAll = nineQuantiles(all)
  return Float32Array.from(errors.flatMap((own) => (own.length < LEAST_ERRORS ? ofAll : nineQuantiles(own))))
}

/** Writes the nine quantiles of one row to `out`, in units of the context. */
export const writeSpread = (
  spreads: Spreads,
  rows: Float32Array,
  row: number,
  block: number,
  middle: number,
  out: Float32Array,
): void => {
  const at = row * FEATURES.length
  const from = indexOf(rows[at + WORKING]!, block)
  for (let level = 0; level < LEVELS; level += 1)
    out[row * LEVELS + level] = middle + rows[at + SPREAD]! * spreads[from + level]!
}
