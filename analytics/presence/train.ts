import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { NadiError } from '../../city/errors.ts'
import { presenceFeatureNames } from '../../city/presence.ts'
import { type PresenceModel, standardised } from '../../city/presenceModel.ts'
import type { PresenceExample } from './examples.ts'

export interface PresenceTraining {
  withLight: boolean
  /** Where the examples are from: kept in the model. */
  source: string
  seed?: number
  signal?: AbortSignal
  onEpoch?: (done: number, total: number) => void
}

const HIDDEN_UNITS = 12
const EPOCHS = 12
const BATCH = 256
const LEARNING_RATE = 5e-3
/**
 * Strong for so small a network, and few epochs: neighbouring minutes are nearly the same example, so that a week of
 * them holds far less than their number says.
 */
const WEIGHT_DECAY = 4e-3
/** Fewer of either kind carry no model. */
const LEAST_EXAMPLES = 100

/**
 * Learns a presence model: two dense layers, cross-entropy, Adam. The same examples and seed give the same model.
 * Throws `insufficient-data` when there are too few examples with somebody there, or too few without.
 */
export const trainPresence = async (
  examples: readonly PresenceExample[],
  { withLight, source, seed = 1, signal, onEpoch }: PresenceTraining,
): Promise<PresenceModel> => {
  const present = examples.filter(({ isPresent }) => isPresent).length
  if (Math.min(present, examples.length - present) < LEAST_EXAMPLES) {
    throw new NadiError(
      'insufficient-data',
      `A presence model needs ${LEAST_EXAMPLES} moments with somebody in the room and as many with nobody; there are ` +
        `${present} and ${examples.length - present}. Take a longer file, one with co2, temperature, humidity and presence of the same room.`,
    )
  }
  // Else its processor backend advertises tfjs-node on standard error.
  tf.enableProdMode()
  await tf.setBackend('cpu')
  const model: PresenceModel = {
    kind: 'nadi-presence',
    version: 1,
    withLight,
    features: presenceFeatureNames(withLight),
    ...meanAndScale(examples),
    layers: [],
    threshold: 0.5,
    training: { source, examples: examples.length, ...spanOf(examples), seed },
  }
  const inputs = examples.map(({ features }) => Float32Array.from(standardised(model, features)))
  const truth = examples.map(({ isPresent }) => (isPresent ? 1 : 0))
  const size = model.features.length
  const network: Network = {
    weights1: glorot([size, HIDDEN_UNITS], seed),
    bias1: tf.variable(tf.zeros<tf.Rank.R1>([HIDDEN_UNITS])),
    weights2: glorot([HIDDEN_UNITS, 1], seed + 1),
    bias2: tf.variable(tf.zeros<tf.Rank.R1>([1])),
  }
  const optimizer = tf.train.adam(LEARNING_RATE)
  try {
    for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
      signal?.throwIfAborted()
      const order = shuffled(inputs.length, seed + 2 + epoch)
      for (let from = 0; from < order.length; from += BATCH) {
        const batch = order.slice(from, from + BATCH)
        tf.tidy(() => {
          const x = tf.tensor2d(
            batch.flatMap((index) => [...(inputs[index] ?? [])]),
            [batch.length, size],
          )
          const y = tf.tensor2d(
            batch.map((index) => truth[index] ?? 0),
            [batch.length, 1],
          )
          optimizer.applyGradients(gradientsOf(network, x, y))
        })
      }
      onEpoch?.(epoch + 1, EPOCHS)
    }
    model.layers = [layerOf(network.weights1, network.bias1), layerOf(network.weights2, network.bias2)]
    return model
  } finally {
    tf.dispose(Object.values(network))
    optimizer.dispose()
  }
}

type NamedTensor = { name: string; tensor: tf.Tensor }

interface Network {
  weights1: tf.Variable<tf.Rank.R2>
  bias1: tf.Variable<tf.Rank.R1>
  weights2: tf.Variable<tf.Rank.R2>
  bias2: tf.Variable<tf.Rank.R1>
}

/**
 * Gradients of the mean cross-entropy and the decay, for the optimizer. By the chain rule and not by
 * TensorFlow.js' tape: the gradients of its operations are no part of what its core package brings to Node.
 */
const gradientsOf = (network: Network, x: tf.Tensor2D, y: tf.Tensor2D): NamedTensor[] => {
  const { weights1, bias1, weights2, bias2 } = network
  const hidden = tf.tanh(tf.add<tf.Tensor2D>(tf.matMul(x, weights1), bias1))
  const probability = tf.sigmoid(tf.add(tf.matMul(hidden, weights2), bias2))
  const ofLogits = tf.div<tf.Tensor2D>(tf.sub(probability, y), x.shape[0])
  const ofHidden = tf.mul<tf.Tensor2D>(
    tf.matMul(ofLogits, weights2, false, true),
    tf.sub(1, tf.square(hidden)),
  )
  const decay = (weights: tf.Tensor2D): tf.Tensor => tf.mul(weights, 2 * WEIGHT_DECAY)
  return [
    { name: weights1.name, tensor: tf.add(tf.matMul(x, ofHidden, true), decay(weights1)) },
    { name: bias1.name, tensor: tf.sum(ofHidden, 0) },
    { name: weights2.name, tensor: tf.add(tf.matMul(hidden, ofLogits, true), decay(weights2)) },
    { name: bias2.name, tensor: tf.sum(ofLogits, 0) },
  ]
}

/** Initial weights after Glorot and Bengio (2010), uniform. */
const glorot = ([inputs, units]: [number, number], seed: number): tf.Variable<tf.Rank.R2> => {
  const limit = Math.sqrt(6 / (inputs + units))
  return tf.variable(tf.randomUniform<tf.Rank.R2>([inputs, units], -limit, limit, 'float32', seed))
}

/** The numbers below `count` in an order that depends on the seed alone. */
const shuffled = (count: number, seed: number): number[] => {
  const keys = tf.tidy(() => tf.randomUniform([count], 0, 1, 'float32', seed).dataSync())
  return Array.from(keys.keys()).toSorted((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0))
}

const layerOf = (weights: tf.Tensor2D, bias: tf.Tensor1D): PresenceModel['layers'][number] => ({
  units: bias.size,
  weights: [...weights.dataSync()],
  bias: [...bias.dataSync()],
})

const meanAndScale = (examples: readonly PresenceExample[]): Pick<PresenceModel, 'mean' | 'scale'> => {
  const size = examples[0]?.features.length ?? 0
  const mean = Array.from({ length: size }, () => 0)
  const squares = Array.from({ length: size }, () => 0)
  for (const { features } of examples)
    features.forEach((value, i) => (mean[i] = (mean[i] ?? 0) + value / examples.length))
  for (const { features } of examples)
    features.forEach(
      (value, i) => (squares[i] = (squares[i] ?? 0) + (value - (mean[i] ?? 0)) ** 2 / examples.length),
    )
  // A feature that never changed says nothing, and must not divide by zero.
  return { mean, scale: squares.map((square) => Math.max(Math.sqrt(square), 1e-6)) }
}

const spanOf = (examples: readonly PresenceExample[]): { from: string; to: string } => {
  let [fromMs, toMs] = [Infinity, -Infinity]
  for (const { timeMs } of examples) {
    fromMs = Math.min(fromMs, timeMs)
    toMs = Math.max(toMs, timeMs)
  }
  return { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() }
}
