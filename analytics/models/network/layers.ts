import type { Rank, Tensor2D } from '@tensorflow/tfjs-core'
import { ALIGNED_HOURS } from '../../features/aligned.ts'
import { HOURS_PER_BLOCK } from '../../features/block.ts'
import type { Backend } from '../../backend.ts'
import { INPUTS, SHAPES, WEIGHT_NAMES, type WeightName, type Weights } from './shape.ts'

/**
 * The network forward and backward: two weeks become a few hints for each hour of the day, and one small network,
 * shared by all hours, joins them with the hour's own features. The gradient is written out by hand over plain matrix
 * products, which the WebAssembly backend does an order of magnitude faster than what `tf.grad` would ask of it: it is
 * quick only where neither factor is transposed, so transposes are made first.
 */
type TensorsOf<Names extends string> = Readonly<Record<Names, Tensor2D>>
export type WeightTensors = TensorsOf<WeightName>

export interface Batch {
  count: number
  /** `[count x 24 x INPUTS]`. */
  inputs: Float32Array
  /** `[count x ALIGNED_HOURS]`. */
  aligned: Float32Array
}

/** Which units stay while training, already scaled by one over their share. */
export interface Dropout {
  /** `[count x 24 x HOUR_UNITS]`. */
  hour: Float32Array
  /** `[count x CONTEXT_UNITS]`. */
  context: Float32Array
}

export const HOUR_UNITS = SHAPES.hourBias[1]
export const CONTEXT_UNITS = SHAPES.contextBias[1]
const HINTS = SHAPES.hourHintWeights[0]

export const toTensors = ({ tf }: Backend, weights: Weights): WeightTensors =>
  Object.fromEntries(
    WEIGHT_NAMES.map((name) => [
      name,
      // A fused product takes its bias as it was made, and as one row without a second dimension.
      SHAPES[name][0] === 1 ? tf.tensor1d(weights[name]) : tf.tensor2d(weights[name], [...SHAPES[name]]),
    ]),
  ) as unknown as WeightTensors

export const disposeTensors = (tensors: WeightTensors): void => {
  for (const tensor of Object.values(tensors)) tensor.dispose()
}

interface Activations {
  inputs: Tensor2D
  aligned: Tensor2D
  context: Tensor2D
  hints: Tensor2D
  hour: Tensor2D
  last: Tensor2D
  out: Tensor2D
}

const forward = (
  { tf }: Backend,
  weights: WeightTensors,
  batch: Batch,
  dropout: { hour: Tensor2D; context: Tensor2D } | undefined,
): Activations => {
  const { relu, matMul, add, mul } = tf
  const rows = batch.count * HOURS_PER_BLOCK
  const inputs = tf.tensor2d(batch.inputs, [rows, INPUTS])
  const aligned = tf.tensor2d(batch.aligned, [batch.count, ALIGNED_HOURS])
  const kept = (tensor: Tensor2D, mask: Tensor2D | undefined): Tensor2D => (mask ? mul(tensor, mask) : tensor)
  const layer = (a: Tensor2D, b: Tensor2D, bias: Tensor2D, activation: 'relu' | 'linear'): Tensor2D =>
    tf.fused.matMul({ a, b, bias, activation }) as Tensor2D
  const context = kept(layer(aligned, weights.contextWeights, weights.contextBias, 'relu'), dropout?.context)
  const hints = tf.reshape(layer(context, weights.hintWeights, weights.hintBias, 'linear'), [
    rows,
    HINTS,
  ]) as Tensor2D
  const hour = kept(
    relu(
      add(
        layer(inputs, weights.hourWeights, weights.hourBias, 'linear'),
        matMul(hints, weights.hourHintWeights),
      ),
    ),
    dropout?.hour,
  )
  const last = layer(hour, weights.lastWeights, weights.lastBias, 'relu')
  const out = layer(last, weights.outWeights, weights.outBias, 'linear')
  return { inputs, aligned, context, hints, hour, last, out }
}

/** `work` with its tensors disposed of. What it returns goes around `tidy`, which would look at every number of it. */
const tidied = <T>({ tf }: Backend, work: () => T): T => {
  const results: T[] = []
  tf.tidy(() => void results.push(work()))
  return results[0]!
}

/** What the last layer says, `[count x 24 x LEVELS]`. */
export const outputsOf = (backend: Backend, weights: WeightTensors, batch: Batch): Float32Array =>
  tidied(backend, () => forward(backend, weights, batch, undefined).out.dataSync<'float32'>())

/**
 * Gradient of a loss with respect to all weights. `lossGradient` gets the outputs and answers with the loss's gradient
 * by them, in the same shape.
 */
export const gradientOf = (
  backend: Backend,
  weights: WeightTensors,
  batch: Batch,
  dropout: Dropout,
  lossGradient: (outputs: Float32Array) => Float32Array,
): Weights =>
  tidied(backend, () => {
    const { tf } = backend
    const { matMul, mul, step } = tf
    const rows = batch.count * HOURS_PER_BLOCK
    const masks = {
      hour: tf.tensor2d(dropout.hour, [rows, HOUR_UNITS]),
      context: tf.tensor2d(dropout.context, [batch.count, CONTEXT_UNITS]),
    }
    const { inputs, aligned, context, hints, hour, last, out } = forward(backend, weights, batch, masks)
    const turned = (tensor: Tensor2D): Tensor2D => tf.transpose(tensor)
    const sumOfRows = (tensor: Tensor2D): Tensor2D => matMul(tf.ones<Rank.R2>([1, tensor.shape[0]]), tensor)
    const dOut = tf.tensor2d(lossGradient(out.dataSync<'float32'>()), [rows, SHAPES.outBias[1]])
    const dLast = mul(matMul(dOut, turned(weights.outWeights)), step(last)) as Tensor2D
    // The mask is zero or positive, as the kept unit is, so the unit's own sign is the slope of both.
    const dHour = mul(mul(matMul(dLast, turned(weights.lastWeights)), masks.hour), step(hour)) as Tensor2D
    const dHints = tf.reshape(matMul(dHour, turned(weights.hourHintWeights)), [
      batch.count,
      HOURS_PER_BLOCK * HINTS,
    ]) as Tensor2D
    const dContext = mul(
      mul(matMul(dHints, turned(weights.hintWeights)), masks.context),
      step(context),
    ) as Tensor2D
    const gradients: WeightTensors = {
      contextWeights: matMul(turned(aligned), dContext),
      contextBias: sumOfRows(dContext),
      hintWeights: matMul(turned(context), dHints),
      hintBias: sumOfRows(dHints),
      hourWeights: matMul(turned(inputs), dHour),
      hourHintWeights: matMul(turned(hints), dHour),
      hourBias: sumOfRows(dHour),
      lastWeights: matMul(turned(hour), dLast),
      lastBias: sumOfRows(dLast),
      outWeights: matMul(turned(last), dOut),
      outBias: sumOfRows(dOut),
    }
    return Object.fromEntries(
      WEIGHT_NAMES.map((name) => [name, gradients[name].dataSync<'float32'>()]),
    ) as unknown as Weights
  })
