import type { Tensor2D } from '@tensorflow/tfjs-core'
import { NadiError } from '../../city/errors.ts'
import { type PresenceModel, standardised } from '../../city/presenceModel.ts'

/** Runs a presence model with TensorFlow.js on the processor, in the agent's own process: a few microseconds. */
export interface PresenceEstimator extends Disposable {
  /** Probability that somebody is there, 0 to 1, from the features of `city/presence.ts`. */
  probability(features: Float64Array): number
}

/**
 * TensorFlow.js is no dependency of an edge box, for most run no model: throws
 * `invalid-input` with the command that installs it when it is not there.
 */
export const createPresenceEstimator = async (model: PresenceModel): Promise<PresenceEstimator> => {
  const tf = await loadTensorFlow()
  let inputs = model.features.length
  const layers = model.layers.map(({ units, weights, bias }) => {
    const layer = { weights: tf.tensor2d(weights, [inputs, units]), bias: tf.tensor1d(bias) }
    inputs = units
    return layer
  })
  return {
    probability: (features) =>
      tf.tidy(() => {
        const last = layers.length - 1
        let x = tf.tensor2d(Float32Array.from(standardised(model, features)), [1, features.length])
        for (const [index, { weights, bias }] of layers.entries()) {
          const sum = tf.add<Tensor2D>(tf.matMul(x, weights), bias)
          x = index === last ? sum : tf.tanh(sum)
        }
        return tf.sigmoid(x).dataSync()[0] ?? NaN
      }),
    [Symbol.dispose]() {
      for (const { weights, bias } of layers) tf.dispose([weights, bias])
    },
  }
}

const loadTensorFlow = async () => {
  try {
    const tf = await import('@tensorflow/tfjs-core')
    await import('@tensorflow/tfjs-backend-cpu')
    // Else the backend advertises tfjs-node on standard error.
    tf.enableProdMode()
    await tf.setBackend('cpu')
    return tf
  } catch (cause) {
    throw new NadiError(
      'invalid-input',
      'The presence model needs TensorFlow.js, which is not installed here. Run ' +
        '"npm install --no-save @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0", or leave out "presence" in building.yaml.',
      { cause },
    )
  }
}
