import { z } from 'zod'
import { type Backend, createBackend } from '../../backend.ts'
import { FEATURES, HOURS_PER_BLOCK, SPREAD } from '../../features/block.ts'
import { CONTEXT_HOURS } from '../../features/context.ts'
import { type TrainingSet, toTrainingSet } from '../../features/trainingSet.ts'
import type { Calibration, FittedModel, ForecastModel } from '../../forecastModel.ts'
import { arrayOf, decodeModelFile, encodeModelFile, factsOf } from '../../modelFile.ts'
import { heldBackOf } from '../../training/heldBack.ts'
import { forecastByBlocks } from '../blockForecast.ts'
import { calibrationSchema, heldBackCalibration } from '../heldBackCalibration.ts'
import { type Heads, addHead, fitHeads, headsArray, headsFromFile } from '../ridge/heads.ts'
import { LINEAR_NUMBERS, type Linear, applyLinear, fitLinear } from '../ridge/linear.ts'
import { disposeTensors, outputsOf, toTensors } from './layers.ts'
import { writeQuantiles } from './quantileHead.ts'
import { LEVELS, SHAPES, type Weights, mapWeights } from './shape.ts'
import { batchOf, trainNetwork } from './train.ts'

/**
 * One network over all buildings on top of the out-of-fold ridge, and what single buildings add to it. Knows series
 * that it never saw; `from` keeps its weights and learns only what the given buildings add.
 */
const NAME = 'network'
const VERSION = '1'
const EPOCHS = 8

interface Parts {
  linear: Linear
  weights: Weights
  heads: Heads
  calibration: Calibration
}

export const network: ForecastModel = {
  name: NAME,
  version: VERSION,

  async fit(training, { seed = 1, signal, from, onProgress } = {}) {
    const backend = await createBackend()
    const set = toTrainingSet(training, { seed })
    signal?.throwIfAborted()
    const heldBack = heldBackOf(set)
    const ids = training.map(({ id }) => id)
    const started = from && partsOf(from.save())
    const ridge = started
      ? { linear: started.linear, outOfFold: linearOf(started.linear, set) }
      : fitLinear(set, (sample) => heldBack[sample] === 0)
    const weights =
      started?.weights ??
      (await trainNetwork(backend, set, ridge.outOfFold, heldBack, {
        seed,
        epochs: EPOCHS,
        signal,
        onProgress,
      }))
    const raw = quantilesOf(backend, weights, set, ridge.outOfFold)
    const heads = new Map([...(started?.heads ?? []), ...fitHeads(set, ids, middlesOf(raw), heldBack)])
    shiftByHeads(heads, (sample) => ids[set.series[sample]!], set, raw)
    const calibration = heldBackCalibration(set, raw, heldBack, started?.calibration)
    return fittedNetwork(backend, { linear: ridge.linear, weights, heads, calibration })
  },

  load: async (bytes) => fittedNetwork(await createBackend(), partsOf(bytes)),
}

const FACTS = z.object({ heads: z.array(z.string()), calibration: calibrationSchema })

const partsOf = (bytes: Uint8Array): Parts => {
  const file = decodeModelFile(bytes, NAME, VERSION)
  const { heads, calibration } = factsOf(file, FACTS)
  return {
    linear: { coefficients: arrayOf(file, 'coefficients', LINEAR_NUMBERS) },
    weights: mapWeights((name) => arrayOf(file, name, SHAPES[name][0] * SHAPES[name][1])),
    heads: headsFromFile(file, heads),
    calibration,
  }
}

const fittedNetwork = (backend: Backend, { linear, weights, heads, calibration }: Parts): FittedModel => ({
  name: NAME,
  version: VERSION,
  contextHours: CONTEXT_HOURS,
  calibration,
  predict: (inputs) =>
    forecastByBlocks(inputs, (batch) => {
      const raw = quantilesOf(backend, weights, batch, linearOf(linear, batch))
      shiftByHeads(heads, (sample) => batch.ids[sample], batch, raw)
      return raw
    }),
  save: () =>
    encodeModelFile({
      kind: NAME,
      version: VERSION,
      facts: { heads: [...heads.keys()], calibration },
      arrays: { coefficients: linear.coefficients, ...weights, heads: headsArray(heads) },
    }),
})

type Blocks = Pick<TrainingSet, 'count' | 'rows' | 'aligned' | 'blocks'>

const linearOf = (linear: Linear, { count, rows, blocks }: Blocks): Float32Array => {
  const middles = new Float32Array(count * HOURS_PER_BLOCK)
  for (let sample = 0; sample < count; sample += 1)
    applyLinear(linear, rows, sample, blocks[sample]!, middles)
  return middles
}

/** Blocks that are forecast in one go, for the memory's sake. */
const CHUNK = 512

/** Quantiles in units of the context, `[count x 24 x 9]`. */
const quantilesOf = (backend: Backend, weights: Weights, set: Blocks, ridge: Float32Array): Float32Array => {
  const raw = new Float32Array(set.count * HOURS_PER_BLOCK * LEVELS)
  const tensors = toTensors(backend, weights)
  const quantiles = new Float64Array(LEVELS)
  for (let first = 0; first < set.count; first += CHUNK) {
    const samples = Array.from({ length: Math.min(CHUNK, set.count - first) }, (_, i) => first + i)
    const outputs = outputsOf(backend, tensors, batchOf(set, ridge, samples))
    for (let i = 0; i < samples.length * HOURS_PER_BLOCK; i += 1) {
      const row = first * HOURS_PER_BLOCK + i
      const spread = set.rows[row * FEATURES.length + SPREAD]!
      writeQuantiles(outputs, i, quantiles)
      for (let level = 0; level < LEVELS; level += 1)
        raw[row * LEVELS + level] = ridge[row]! + spread * quantiles[level]!
    }
  }
  disposeTensors(tensors)
  return raw
}

const MIDDLE = 4

const middlesOf = (raw: Float32Array): Float32Array =>
  Float32Array.from({ length: raw.length / LEVELS }, (_, row) => raw[row * LEVELS + MIDDLE]!)

/** Moves all quantiles of an hour by what the building's head adds. */
const shiftByHeads = (
  heads: Heads,
  idOf: (sample: number) => string | undefined,
  { count, rows }: Pick<Blocks, 'count' | 'rows'>,
  raw: Float32Array,
): void => {
  const shift = new Float32Array(count * HOURS_PER_BLOCK)
  for (let sample = 0; sample < count; sample += 1) addHead(heads, idOf(sample), rows, sample, shift)
  for (let i = 0; i < raw.length; i += 1) raw[i]! += shift[Math.floor(i / LEVELS)]!
}
