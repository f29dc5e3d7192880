import { LEVELS } from '../../quantiles.ts'
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
import { pullToBase, trustOf, trustSchema } from '../ridge/trust.ts'
import { disposeTensors, outputsOf, toTensors } from './layers.ts'
import { writeQuantiles } from './quantileHead.ts'
import { SHAPES, WEIGHT_NAMES, type Weights, mapWeights } from './shape.ts'
import { batchOf, trainNetwork } from './train.ts'

const VERSION = '2'
const SEED_STEP = 7_919
const MIDDLE = 4

export interface NetworkOptions {
  name: string
  /** Networks of different beginnings, whose quantiles are averaged. */
  members: number
}

/**
 * Networks over all buildings on top of the out-of-fold ridge, and what single buildings add to them. Knows series that
 * it never saw; `from` keeps its weights and learns only what the given buildings add.
 */
export const createNetwork = (options: NetworkOptions): ForecastModel => ({
  name: options.name,
  version: VERSION,

  async fit(training, { seed = 1, signal, from, onProgress } = {}) {
    const backend = await createBackend()
    const set = toTrainingSet(training, { seed })
    signal?.throwIfAborted()
    const heldBack = heldBackOf(set)
    const ids = training.map(({ id }) => id)
    const started = from && partsOf(options, from.save())
    const ridge = started
      ? { linear: started.linear, outOfFold: linearOf(started.linear, set) }
      : fitLinear(set, (sample) => heldBack[sample] === 0)
    const members = started ? [...started.members] : []
    for (let member = members.length; member < options.members; member += 1)
      members.push(
        await trainNetwork(backend, set, ridge.outOfFold, heldBack, {
          seed: seed + member * SEED_STEP,
          signal,
          onProgress: (done, total, what) =>
            onProgress?.(member * total + done, options.members * total, what),
        }),
      )
    const trust = started?.trust ?? trustOf(set)
    const raw = quantilesOf(backend, { members, trust }, set, ridge.outOfFold)
    const heads = new Map([...(started?.heads ?? []), ...fitHeads(set, ids, middlesOf(raw))])
    shiftByHeads(heads, (sample) => ids[set.series[sample]!], set, raw)
    const calibration = heldBackCalibration(set, raw, heldBack, started?.calibration)
    return fittedNetwork(backend, options, { linear: ridge.linear, members, trust, heads, calibration })
  },

  load: async (bytes) => fittedNetwork(await createBackend(), options, partsOf(options, bytes)),
})

export const network = createNetwork({ name: 'network', members: 1 })

interface Parts {
  linear: Linear
  members: readonly Weights[]
  /** Share of what was learned that is believed (`trustOf`). */
  trust: number
  heads: Heads
  calibration: Calibration
}

const FACTS = z.object({ trust: trustSchema, heads: z.array(z.string()), calibration: calibrationSchema })

const partsOf = ({ name, members }: NetworkOptions, bytes: Uint8Array): Parts => {
  const file = decodeModelFile(bytes, name, VERSION)
  const { trust, heads, calibration } = factsOf(file, FACTS)
  return {
    linear: { coefficients: arrayOf(file, 'coefficients', LINEAR_NUMBERS) },
    members: Array.from({ length: members }, (_, member) =>
      mapWeights((name) => arrayOf(file, `${name}${member}`, SHAPES[name][0] * SHAPES[name][1])),
    ),
    trust,
    heads: headsFromFile(file, heads),
    calibration,
  }
}

const bytesOf = (
  { name }: NetworkOptions,
  { linear, members, trust, heads, calibration }: Parts,
): Uint8Array =>
  encodeModelFile({
    kind: name,
    version: VERSION,
    facts: { trust, heads: [...heads.keys()], calibration },
    arrays: {
      coefficients: linear.coefficients,
      ...Object.fromEntries(
        members.flatMap((weights, member) =>
          WEIGHT_NAMES.map((name) => [`${name}${member}`, weights[name]] as const),
        ),
      ),
      heads: headsArray(heads),
    },
  })

/** The same model without what single buildings added: what holds of buildings that it never saw. */
export const withoutHeads = (options: NetworkOptions, bytes: Uint8Array): Uint8Array =>
  bytesOf(options, { ...partsOf(options, bytes), heads: new Map() })

const fittedNetwork = (backend: Backend, options: NetworkOptions, parts: Parts): FittedModel => ({
  name: options.name,
  version: VERSION,
  contextHours: CONTEXT_HOURS,
  calibration: parts.calibration,
  predict: (inputs) =>
    forecastByBlocks(inputs, (batch) => {
      const raw = quantilesOf(backend, parts, batch, linearOf(parts.linear, batch))
      shiftByHeads(parts.heads, (sample) => batch.ids[sample], batch, raw)
      return raw
    }),
  save: () => bytesOf(options, parts),
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

/** Quantiles, `[count x 24 x 9]` in units of the context: the mean of all members, at `trust` of its way from the base. */
const quantilesOf = (
  backend: Backend,
  { members, trust }: Pick<Parts, 'members' | 'trust'>,
  set: Blocks,
  ridge: Float32Array,
): Float32Array => {
  const raw = new Float32Array(set.count * HOURS_PER_BLOCK * LEVELS)
  const quantiles = new Float64Array(LEVELS)
  for (let row = 0; row < set.count * HOURS_PER_BLOCK; row += 1)
    raw.fill(ridge[row]!, row * LEVELS, (row + 1) * LEVELS)
  for (const weights of members) {
    const tensors = toTensors(backend, weights)
    for (let first = 0; first < set.count; first += CHUNK) {
      const samples = Array.from({ length: Math.min(CHUNK, set.count - first) }, (_, i) => first + i)
      const outputs = outputsOf(backend, tensors, batchOf(set, ridge, samples))
      for (let i = 0; i < samples.length * HOURS_PER_BLOCK; i += 1) {
        const row = first * HOURS_PER_BLOCK + i
        const share = set.rows[row * FEATURES.length + SPREAD]! / members.length
        writeQuantiles(outputs, i, quantiles)
        for (let level = 0; level < LEVELS; level += 1)
          raw[row * LEVELS + level]! += share * quantiles[level]!
      }
    }
    disposeTensors(tensors)
  }
  for (let row = 0; row < set.count * HOURS_PER_BLOCK; row += 1) {
    const shift = pullToBase(set.rows, row, raw[row * LEVELS + MIDDLE]!, trust)
    for (let level = 0; level < LEVELS; level += 1) raw[row * LEVELS + level]! += shift
  }
  return raw
}

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
