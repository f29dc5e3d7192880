import { FEATURES, HOURS_PER_BLOCK, LINEAR_FEATURES } from '../../features/block.ts'
import type { TrainingSet } from '../../features/trainingSet.ts'
import { type ModelFile, arrayOf } from '../../modelFile.ts'
import { type Gram, addRow, combined, createGram, solveRidge } from './gram.ts'

/**
 * What single buildings add to the forecast of all: for each, by slot, a ridge regression of what the common forecast
 * missed. The pull to zero is strong, so a building has to insist; it gets a head only where one that had not
 * seen its newest weeks forecast them better.
 */
export type Heads = ReadonlyMap<string, Float32Array>

const HEAD_NUMBERS = HOURS_PER_BLOCK * LINEAR_FEATURES
/** Strengths of the pull to zero, in blocks of data, strongest first. */
const PENALTY_BLOCKS = [640, 160, 40]
/** The newest share of a building's blocks judges: what was true of spring must still be true in autumn. */
const JUDGES = 0.25
/** Squared error on those must fall by this share. */
const LEAST_GAIN = 0.02
const LEAST_JUDGES = 30

/**
 * A head for each series that gains by it, learned from all of its blocks. `forecast` is the middle of the common
 * forecast, `[count x 24]` in units of the context.
 */
export const fitHeads = (set: TrainingSet, ids: readonly string[], forecast: Float32Array): Heads => {
  const samplesOf = ids.map((): number[] => [])
  for (let sample = 0; sample < set.count; sample += 1) samplesOf[set.series[sample]!]!.push(sample)
  const heads = new Map<string, Float32Array>()
  for (const [index, samples] of samplesOf.entries()) {
    const judges = samples.splice(Math.ceil(samples.length * (1 - JUDGES)))
    if (judges.length < LEAST_JUDGES) continue
    const grams = gramsOf(set, samples, forecast)
    let least = squaredError(set, judges, forecast) * (1 - LEAST_GAIN)
    let chosen: number | undefined
    for (const penalty of PENALTY_BLOCKS) {
      const error = squaredError(set, judges, forecast, solveHead(grams, penalty))
      if (error >= least) continue
      least = error
      chosen = penalty
    }
    if (chosen === undefined) continue
    const newest = gramsOf(set, judges, forecast)
    const all = grams.map((gram, slot) => combined(gram, newest[slot]!, 1))
    heads.set(ids[index]!, solveHead(all, chosen))
  }
  return heads
}

const gramsOf = (set: TrainingSet, samples: readonly number[], forecast: Float32Array): Gram[] => {
  const grams = Array.from({ length: HOURS_PER_BLOCK }, () => createGram(LINEAR_FEATURES))
  for (const sample of samples)
    for (let slot = 0; slot < HOURS_PER_BLOCK; slot += 1) {
      const row = sample * HOURS_PER_BLOCK + slot
      const missed = set.targets[row]! - forecast[row]!
      if (!Number.isNaN(missed)) addRow(grams[slot]!, set.rows, row * FEATURES.length, missed, 1)
    }
  return grams
}

const solveHead = (grams: readonly Gram[], penalty: number): Float32Array => {
  const head = new Float32Array(HEAD_NUMBERS)
  for (const [slot, gram] of grams.entries()) head.set(solveRidge(gram, penalty), slot * LINEAR_FEATURES)
  return head
}

const squaredError = (
  set: TrainingSet,
  samples: readonly number[],
  forecast: Float32Array,
  head?: Float32Array,
): number => {
  let sum = 0
  for (const sample of samples)
    for (let slot = 0; slot < HOURS_PER_BLOCK; slot += 1) {
      const row = sample * HOURS_PER_BLOCK + slot
      const missed = set.targets[row]! - forecast[row]! - (head ? headAt(head, set.rows, row, slot) : 0)
      if (!Number.isNaN(missed)) sum += (missed * set.weights[sample]!) ** 2
    }
  return sum
}

/** What a head adds to one row, in units of the context. */
const headAt = (head: Float32Array, rows: Float32Array, row: number, slot: number): number => {
  const at = row * FEATURES.length
  const from = slot * LINEAR_FEATURES
  let sum = 0
  for (let i = 0; i < LINEAR_FEATURES; i += 1) sum += rows[at + i]! * head[from + i]!
  return sum
}

/** Adds what the head of `id`, if there is one, says of a block to `middles`, `[count x 24]`. */
export const addHead = (
  heads: Heads,
  id: string | undefined,
  rows: Float32Array,
  sample: number,
  middles: Float32Array,
): void => {
  const head = id === undefined ? undefined : heads.get(id)
  if (head === undefined) return
  for (let slot = 0; slot < HOURS_PER_BLOCK; slot += 1) {
    const row = sample * HOURS_PER_BLOCK + slot
    middles[row]! += headAt(head, rows, row, slot)
  }
}

/** All heads one after the other, in the order of their ids. */
export const headsArray = (heads: Heads): Float32Array => {
  const array = new Float32Array(heads.size * HEAD_NUMBERS)
  for (const [i, head] of [...heads.values()].entries()) array.set(head, i * HEAD_NUMBERS)
  return array
}

/** Throws `damaged-model` when the file does not hold a head for each of the ids. */
export const headsFromFile = (file: ModelFile, ids: readonly string[]): Heads => {
  const array = arrayOf(file, 'heads', ids.length * HEAD_NUMBERS)
  return new Map(ids.map((id, i) => [id, array.subarray(i * HEAD_NUMBERS, (i + 1) * HEAD_NUMBERS)]))
}
