import { ALIGNED_HOURS } from '../../features/aligned.ts'
import { FEATURES, HOURS_PER_BLOCK } from '../../features/block.ts'
import { LEVELS } from '../../quantiles.ts'
import { normalFrom } from '../../training/random.ts'

// Sizes of the layers; a file of another shape is not this model.
/** Numbers that the two weeks as a whole say of each hour of the day. */
const HINTS = 4
const CONTEXT_UNITS = 64
const HOUR_UNITS = 128
const LAST_UNITS = 64
/** The features and the ridge's own forecast. */
export const INPUTS = FEATURES.length + 1

/** Name and shape of each array of weights. Biases have one row. */
export const SHAPES = {
  contextWeights: [ALIGNED_HOURS, CONTEXT_UNITS],
  contextBias: [1, CONTEXT_UNITS],
  hintWeights: [CONTEXT_UNITS, HOURS_PER_BLOCK * HINTS],
  hintBias: [1, HOURS_PER_BLOCK * HINTS],
  hourWeights: [INPUTS, HOUR_UNITS],
  hourHintWeights: [HINTS, HOUR_UNITS],
  hourBias: [1, HOUR_UNITS],
  lastWeights: [HOUR_UNITS, LAST_UNITS],
  lastBias: [1, LAST_UNITS],
  outWeights: [LAST_UNITS, LEVELS],
  outBias: [1, LEVELS],
} as const satisfies Record<string, readonly [number, number]>

export type WeightName = keyof typeof SHAPES
export type Weights = Readonly<Record<WeightName, Float32Array>>
export const WEIGHT_NAMES = Object.keys(SHAPES) as WeightName[]

const weightsOf = (make: (name: WeightName, length: number) => Float32Array): Weights =>
  Object.fromEntries(
    WEIGHT_NAMES.map((name) => [name, make(name, SHAPES[name][0] * SHAPES[name][1])]),
  ) as unknown as Weights

/** Arrays of the right lengths, each made by `make`. */
export const mapWeights = weightsOf

/** First weights after He et al. 2015, small in the last layer so that the network begins as the ridge. */
export const firstWeights = (random: () => number): Weights =>
  weightsOf((name, length) => {
    if (SHAPES[name][0] === 1) return new Float32Array(length)
    const size = Math.sqrt(2 / SHAPES[name][0]) * (name === 'outWeights' ? 0.1 : 1)
    return Float32Array.from({ length }, () => size * normalFrom(random))
  })
