import { LEVELS } from '../../quantiles.ts'
import { setImmediate } from 'node:timers/promises'
import type { Backend } from '../../backend.ts'
import { ALIGNED_HOURS } from '../../features/aligned.ts'
import { FEATURES, HOURS_PER_BLOCK, SPREAD } from '../../features/block.ts'
import type { TrainingSet } from '../../features/trainingSet.ts'
import { createRandom, shuffled } from '../../training/random.ts'
import { createAdam, rateAt } from './adam.ts'
import { writeInputs } from './inputs.ts'
import {
  type Batch,
  CONTEXT_UNITS,
  type Dropout,
  HOUR_UNITS,
  disposeTensors,
  gradientOf,
  outputsOf,
  toTensors,
} from './layers.ts'
import { pinballOf, writePinballGradient, writeQuantiles } from './quantileHead.ts'
import { INPUTS, WEIGHT_NAMES, type Weights, firstWeights, mapWeights } from './shape.ts'

export interface TrainOptions {
  seed: number
  signal?: AbortSignal | undefined
  onProgress?: ((done: number, total: number, what: string) => void) | undefined
}

const BATCH = 96
const LEAST_EPOCHS = 7
const MOST_EPOCHS = 16
const LEAST_STEPS = 900
const FEW_BATCHES = 8

/** Few buildings are gone over more often, so that there are steps enough; very few have no more to teach. */
const epochsOf = (batches: number): number =>
  batches < FEW_BATCHES
    ? LEAST_EPOCHS
    : Math.min(MOST_EPOCHS, Math.max(LEAST_EPOCHS, Math.ceil(LEAST_STEPS / batches)))
const HIGHEST_RATE = 2e-3
const DROPPED = 0.15
/** What serves is a running mean of the weights (Polyak and Juditsky 1992), which no single batch can spoil. */
const MEAN_DECAY = 0.99
const BATCHES_BETWEEN_TURNS = 4

/**
 * Weights that forecast the held-back blocks best, of those at the end of each epoch. Without any held back, the last.
 * Gives way to the event loop between batches, so that a signal can end it.
 */
export const trainNetwork = async (
  backend: Backend,
  set: TrainingSet,
  ridge: Float32Array,
  heldBack: Uint8Array,
  { seed, signal, onProgress }: TrainOptions,
): Promise<Weights> => {
  const random = createRandom(seed)
  const weights = firstWeights(random)
  const mean = mapWeights((name) => weights[name].slice())
  const adam = createAdam(weights)
  const learns: number[] = []
  const judges: number[] = []
  for (let sample = 0; sample < set.count; sample += 1)
    (heldBack[sample] === 1 ? judges : learns).push(sample)
  const perEpoch = Math.ceil(learns.length / BATCH)
  const epochs = epochsOf(perEpoch)
  let best = mean
  let least = Infinity
  let done = 0
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    const order = shuffled(learns.length, random)
    for (let from = 0; from < learns.length; from += BATCH) {
      const samples = Array.from(order.subarray(from, from + BATCH), (i) => learns[i]!)
      const tensors = toTensors(backend, weights)
      const gradient = gradientOf(
        backend,
        tensors,
        batchOf(set, ridge, samples),
        dropoutOf(samples.length, random),
        (outputs) => lossGradient(set, ridge, samples, outputs),
      )
      disposeTensors(tensors)
      adam(gradient, HIGHEST_RATE * rateAt(done, perEpoch * epochs))
      done += 1
      moveMean(mean, weights, Math.min(MEAN_DECAY, done / (done + 9)))
      if (done % BATCHES_BETWEEN_TURNS === 0) {
        onProgress?.(done, perEpoch * epochs, 'network')
        await setImmediate()
        signal?.throwIfAborted()
      }
    }
    const loss = judges.length === 0 ? -epoch : lossOf(backend, mean, set, ridge, judges)
    if (loss >= least) continue
    least = loss
    best = mapWeights((name) => mean[name].slice())
  }
  return best
}

/** The same running mean, whatever the order in memory. */
const moveMean = (mean: Weights, weights: Weights, decay: number): void => {
  for (const name of WEIGHT_NAMES) {
    const [m, w] = [mean[name], weights[name]]
    for (let i = 0; i < m.length; i += 1) m[i] = decay * m[i]! + (1 - decay) * w[i]!
  }
}

/** Blocks as the layers take them. */
export const batchOf = (
  set: Pick<TrainingSet, 'rows' | 'aligned'>,
  ridge: Float32Array,
  samples: readonly number[],
): Batch => {
  const inputs = new Float32Array(samples.length * HOURS_PER_BLOCK * INPUTS)
  const aligned = new Float32Array(samples.length * ALIGNED_HOURS)
  for (const [i, sample] of samples.entries()) {
    writeInputs(set.rows, ridge, sample, inputs, i * HOURS_PER_BLOCK)
    aligned.set(set.aligned.subarray(sample * ALIGNED_HOURS, (sample + 1) * ALIGNED_HOURS), i * ALIGNED_HOURS)
  }
  return { count: samples.length, inputs, aligned }
}

const dropoutOf = (count: number, random: () => number): Dropout => {
  const mask = (length: number): Float32Array => {
    const kept = new Float32Array(length)
    // Each random number decides on three units, by ten bits each: the masks are most of what is drawn.
    for (let i = 0; i < length; i += 3) {
      const bits = Math.floor(random() * 2 ** 30)
      for (let part = 0; part < 3 && i + part < length; part += 1)
        kept[i + part] = ((bits >> (10 * part)) & 1_023) < DROPPED * 1_024 ? 0 : 1 / (1 - DROPPED)
    }
    return kept
  }
  return { hour: mask(count * HOURS_PER_BLOCK * HOUR_UNITS), context: mask(count * CONTEXT_UNITS) }
}

const spreadOf = (set: TrainingSet, row: number): number => set.rows[row * FEATURES.length + SPREAD]!

const lossGradient = (
  set: TrainingSet,
  ridge: Float32Array,
  samples: readonly number[],
  outputs: Float32Array,
): Float32Array => {
  const gradient = new Float32Array(outputs.length)
  const quantiles = new Float64Array(LEVELS)
  const share = 1 / (samples.length * HOURS_PER_BLOCK)
  for (const [i, sample] of samples.entries())
    for (let slot = 0; slot < HOURS_PER_BLOCK; slot += 1) {
      const row = sample * HOURS_PER_BLOCK + slot
      const spread = spreadOf(set, row)
      const target = (set.targets[row]! - ridge[row]!) / spread
      if (Number.isNaN(target)) continue
      const own = i * HOURS_PER_BLOCK + slot
      writeQuantiles(outputs, own, quantiles)
      const weight = share * set.weights[sample]! * spread * WEIGHT_UNIT
      writePinballGradient(outputs, quantiles, own, target, weight, gradient)
    }
  return gradient
}

/** Brings the usual weight of an hour to about one, for Adam's steps. */
const WEIGHT_UNIT = 10

const CHUNK = 512

const lossOf = (
  backend: Backend,
  weights: Weights,
  set: TrainingSet,
  ridge: Float32Array,
  all: readonly number[],
): number => {
  const tensors = toTensors(backend, weights)
  const quantiles = new Float64Array(LEVELS)
  let sum = 0
  for (let from = 0; from < all.length; from += CHUNK) {
    const samples = all.slice(from, from + CHUNK)
    const outputs = outputsOf(backend, tensors, batchOf(set, ridge, samples))
    for (const [i, sample] of samples.entries())
      for (let slot = 0; slot < HOURS_PER_BLOCK; slot += 1) {
        const row = sample * HOURS_PER_BLOCK + slot
        const target = (set.targets[row]! - ridge[row]!) / spreadOf(set, row)
        if (Number.isNaN(target)) continue
        writeQuantiles(outputs, i * HOURS_PER_BLOCK + slot, quantiles)
        sum += pinballOf(quantiles, target) * set.weights[sample]! * spreadOf(set, row)
      }
  }
  disposeTensors(tensors)
  return sum
}
