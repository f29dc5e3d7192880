import { z } from 'zod'
import { HOURS_PER_BLOCK } from '../../features/block.ts'
import { CONTEXT_HOURS } from '../../features/context.ts'
import { type TrainingSet, toTrainingSet } from '../../features/trainingSet.ts'
import type { Calibration, FittedModel, ForecastModel } from '../../forecastModel.ts'
import { arrayOf, decodeModelFile, encodeModelFile, factsOf } from '../../modelFile.ts'
import { heldBackOf } from '../../training/heldBack.ts'
import { LEVELS } from '../../quantiles.ts'
import { forecastByBlocks } from '../blockForecast.ts'
import { calibrationSchema, heldBackCalibration } from '../heldBackCalibration.ts'
import { type Heads, addHead, fitHeads, headsArray, headsFromFile } from './heads.ts'
import { LINEAR_NUMBERS, type Linear, applyLinear, fitLinear } from './linear.ts'
import { SPREADS_NUMBERS, type Spreads, fitSpreads, writeSpread } from './spreads.ts'
import { pullToBase, trustOf, trustSchema } from './trust.ts'

/**
 * Closed-form ridge regression on lags, calendar and weather: one for all buildings, and what single buildings add to
 * it. The quickest model that knows holidays and weather, and what the network builds on.
 */
const NAME = 'ridge'
const VERSION = '2'

interface Parts {
  linear: Linear
  trust: number
  heads: Heads
  spreads: Spreads
  calibration: Calibration
}

export const ridge: ForecastModel = {
  name: NAME,
  version: VERSION,

  async fit(training, { seed = 1, signal, onProgress } = {}) {
    onProgress?.(0, 3, 'ridge')
    const set = toTrainingSet(training, { seed })
    signal?.throwIfAborted()
    onProgress?.(1, 3, 'ridge')
    const heldBack = heldBackOf(set)
    const { linear, outOfFold } = fitLinear(set, (sample) => heldBack[sample] === 0)
    signal?.throwIfAborted()
    onProgress?.(2, 3, 'ridge')
    const trust = trustOf(set)
    pull(set, outOfFold, trust)
    const ids = training.map(({ id }) => id)
    const heads = fitHeads(set, ids, outOfFold)
    for (let sample = 0; sample < set.count; sample += 1)
      addHead(heads, ids[set.series[sample]!], set.rows, sample, outOfFold)
    const spreads = fitSpreads(set, outOfFold)
    const raw = withSpreads(spreads, set, outOfFold)
    onProgress?.(3, 3, 'ridge')
    return fittedRidge({
      linear,
      trust,
      heads,
      spreads,
      calibration: heldBackCalibration(set, raw, heldBack),
    })
  },

  async load(bytes) {
    const file = decodeModelFile(bytes, NAME, VERSION)
    const { trust, heads, calibration } = factsOf(file, FACTS)
    return fittedRidge({
      linear: { coefficients: arrayOf(file, 'coefficients', LINEAR_NUMBERS) },
      trust,
      heads: headsFromFile(file, heads),
      spreads: arrayOf(file, 'spreads', SPREADS_NUMBERS),
      calibration,
    })
  },
}

const FACTS = z.object({ trust: trustSchema, heads: z.array(z.string()), calibration: calibrationSchema })

const fittedRidge = ({ linear, trust, heads, spreads, calibration }: Parts): FittedModel => ({
  name: NAME,
  version: VERSION,
  contextHours: CONTEXT_HOURS,
  calibration,
  predict: (inputs) =>
    forecastByBlocks(inputs, (batch) => {
      const middles = new Float32Array(batch.count * HOURS_PER_BLOCK)
      for (let sample = 0; sample < batch.count; sample += 1)
        applyLinear(linear, batch.rows, sample, batch.blocks[sample]!, middles)
      pull(batch, middles, trust)
      for (let sample = 0; sample < batch.count; sample += 1)
        addHead(heads, batch.ids[sample], batch.rows, sample, middles)
      return withSpreads(spreads, batch, middles)
    }),
  save: () =>
    encodeModelFile({
      kind: NAME,
      version: VERSION,
      facts: { trust, heads: [...heads.keys()], calibration },
      arrays: { coefficients: linear.coefficients, spreads, heads: headsArray(heads) },
    }),
})

/** Brings middles, `[count x 24]`, to `trust` of their way from the base. */
const pull = ({ rows }: Pick<TrainingSet, 'rows'>, middles: Float32Array, trust: number): void => {
  for (let row = 0; row < middles.length; row += 1)
    middles[row]! += pullToBase(rows, row, middles[row]!, trust)
}

const withSpreads = (
  spreads: Spreads,
  { count, rows, blocks }: Pick<TrainingSet, 'count' | 'rows' | 'blocks'>,
  middles: Float32Array,
): Float32Array => {
  const raw = new Float32Array(count * HOURS_PER_BLOCK * LEVELS)
  for (let row = 0; row < count * HOURS_PER_BLOCK; row += 1)
    writeSpread(spreads, rows, row, blocks[Math.floor(row / HOURS_PER_BLOCK)]!, middles[row]!, raw)
  return raw
}
