import { BASE, FEATURES, HOURS_PER_BLOCK, LINEAR_FEATURES } from '../../features/block.ts'
import type { TrainingSet } from '../../features/trainingSet.ts'
import { type Gram, addRow, combined, createGram, solveRidge } from './gram.ts'

/**
 * The linear forecast of all buildings together: for each slot (local hour of the day) and each of three ranges of days
 * ahead one ridge regression of what came, less the base (the mean of the same hour before), on the linear features.
 */
export interface Linear {
  /** `[RANGES x 24 x LINEAR_FEATURES]`. */
  coefficients: Float32Array
}

const RANGES = 3
export const LINEAR_NUMBERS = RANGES * HOURS_PER_BLOCK * LINEAR_FEATURES
const FOLDS = 3
/** The penalty is this share of the mean diagonal, and at least that many rows of weight one. */
const PENALTY_SHARE = 1e-2
const PENALTY_ROWS = 2

/** Tomorrow, the two days after it, the rest of the week: further ahead there is less to tell apart. */
const rangeOf = (block: number): number => (block === 1 ? 0 : block <= 3 ? 1 : 2)

export interface FittedLinear {
  linear: Linear
  /** Forecast of each block by a fit that had not seen its fortnight, in units of the context: `[count x 24]`. */
  outOfFold: Float32Array
}

/** Fits on the blocks that `learns` lets through; those it does not are forecast by the fit of all others. */
export const fitLinear = (set: TrainingSet, learns: (sample: number) => boolean): FittedLinear => {
  const cells = RANGES * HOURS_PER_BLOCK
  const grams = Array.from({ length: FOLDS * cells }, () => createGram(LINEAR_FEATURES))
  for (let sample = 0; sample < set.count; sample += 1) {
    if (!learns(sample)) continue
    const first = foldOf(set, sample) * cells + rangeOf(set.blocks[sample]!) * HOURS_PER_BLOCK
    const weight = set.weights[sample]! ** 2
    for (let slot = 0; slot < HOURS_PER_BLOCK; slot += 1) {
      const row = sample * HOURS_PER_BLOCK + slot
      const target = set.targets[row]! - set.rows[row * FEATURES.length + BASE]!
      if (!Number.isNaN(target)) addRow(grams[first + slot]!, set.rows, row * FEATURES.length, target, weight)
    }
  }
  const totals = Array.from({ length: cells }, (_, cell) => {
    const parts = Array.from({ length: FOLDS }, (_, fold) => grams[fold * cells + cell]!)
    return parts.reduce((sum, part) => combined(sum, part, 1), createGram(LINEAR_FEATURES))
  })
  const linear = { coefficients: solveAll(totals) }
  const without = Array.from({ length: FOLDS }, (_, fold) => ({
    coefficients: solveAll(totals.map((total, cell) => combined(total, grams[fold * cells + cell]!, -1))),
  }))
  const outOfFold = new Float32Array(set.count * HOURS_PER_BLOCK)
  for (let sample = 0; sample < set.count; sample += 1) {
    const by = learns(sample) ? without[foldOf(set, sample)]! : linear
    applyLinear(by, set.rows, sample, set.blocks[sample]!, outOfFold)
  }
  return { linear, outOfFold }
}

const foldOf = (set: TrainingSet, sample: number): number =>
  ((set.fortnights[sample]! % FOLDS) + FOLDS) % FOLDS

const solveAll = (grams: readonly Gram[]): Float32Array => {
  const coefficients = new Float32Array(grams.length * LINEAR_FEATURES)
  for (const [cell, gram] of grams.entries()) {
    let diagonal = 0
    for (let i = 0; i < gram.size; i += 1) diagonal += gram.products[i * gram.size + i]!
    const penalty = PENALTY_ROWS + (PENALTY_SHARE * diagonal) / gram.size
    coefficients.set(solveRidge(gram, penalty), cell * LINEAR_FEATURES)
  }
  return coefficients
}

/** Writes the forecast of one block, `[24]` by slot, in units of the context, to its place in `out`. */
export const applyLinear = (
  { coefficients }: Linear,
  rows: Float32Array,
  sample: number,
  block: number,
  out: Float32Array,
): void => {
  for (let slot = 0; slot < HOURS_PER_BLOCK; slot += 1) {
    const row = sample * HOURS_PER_BLOCK + slot
    const at = row * FEATURES.length
    const from = (rangeOf(block) * HOURS_PER_BLOCK + slot) * LINEAR_FEATURES
    let sum = rows[at + BASE]!
    for (let i = 0; i < LINEAR_FEATURES; i += 1) sum += rows[at + i]! * coefficients[from + i]!
    out[row] = sum
  }
}
