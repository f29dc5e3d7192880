import type { Tensor2D } from '@tensorflow/tfjs-core'
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
    WEIGHT_NAMES.map((name) => [name, tf.tensor2d(weights[name], [...SHAPES[name]])]),
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
  const context = kept(
    relu(add(matMul(aligned, weights.contextWeights), weights.contextBias)),
    dropout?.context,
  )
  const hints = tf.reshape(add(matMul(context, weights.hintWeights), weights.hintBias), [
    rows,
    HINTS,
  ]) as Tensor2D
  const hour = kept(
    relu(
      add(add(matMul(inputs, weights.hourWeights), matMul(hints, weights.hourHintWeights)), weights.hourBias),
    ),
    dropout?.hour,
  )
  const last = relu(add(matMul(hour, weights.lastWeights), weights.lastBias)) as Tensor2D
  const out = add(matMul(last, weights.outWeights), weights.outBias) as Tensor2D
  return { inputs, aligned, context, hints, hour, last, out }
}

/** What the last layer says, `[count x 24 x LEVELS]`. */
export const outputsOf = (backend: Backend, weights: WeightTensors, batch: Batch): Float32Array =>
  backend.tf.tidy(() => forward(backend, weights, batch, undefined).out.dataSync<'float32'>())

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
  backend.tf.tidy(() => {
    const { tf } = backend
    const { matMul, mul, step } = tf
    const rows = batch.count * HOURS_PER_BLOCK
    const masks = {
      hour: tf.tensor2d(dropout.hour, [rows, HOUR_UNITS]),
      context: tf.tensor2d(dropout.context, [batch.count, CONTEXT_UNITS]),
    }
    const { inputs, aligned, context, hints, hour, last, out } = forward(backend, weights, batch, masks)
    const turned = (tensor: Tensor2D): Tensor2D => tf.transpose(tensor)
    const sumOfRows = (tensor: Tensor2D): Tensor2D => tf.sum(tensor, 0, true)
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
