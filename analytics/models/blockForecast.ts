import { ALIGNED_HOURS, writeAligned } from '../features/aligned.ts'
import { FEATURES, HOURS_PER_BLOCK, issueHour, positionOfSlot, writeBlock } from '../features/block.ts'
import { CONTEXT_HOURS, type Context, contextOf } from '../features/context.ts'
import { createLocalClock } from '../features/localClock.ts'
import type { ForecastInput } from '../forecastModel.ts'
import { LEVELS } from '../quantiles.ts'
import { MS_PER_HOUR, endMs } from '../series.ts'

/** Blocks of 24 hours ahead, of one or many series, as a model takes them. */
export interface BlockBatch {
  count: number
  /** `[count x 24 x FEATURES.length]`. */
  rows: Float32Array
  /** `[count x ALIGNED_HOURS]`. */
  aligned: Float32Array
  /** Day ahead, 1 to 7, of each block. */
  blocks: Uint8Array
  /** Series of each block. */
  ids: readonly string[]
}

/** Nine quantiles for each hour of each block by slot, in units of its context: `[count x 24 x 9]`, never crossing. */
export type BlockForecaster = (batch: BlockBatch) => Float32Array

/** Forecasts of all inputs in one batch, in the unit of each series and never below zero: `[horizonHours x 9]` each. */
export const forecastByBlocks = (
  inputs: readonly ForecastInput[],
  forecast: BlockForecaster,
): Float64Array[] => {
  const contexts = inputs.map(toContext)
  const counts = inputs.map(({ horizonHours }) => Math.ceil(horizonHours / HOURS_PER_BLOCK))
  const count = counts.reduce((sum, blocks) => sum + blocks, 0)
  const batch = {
    count,
    rows: new Float32Array(count * HOURS_PER_BLOCK * FEATURES.length),
    aligned: new Float32Array(count * ALIGNED_HOURS),
    blocks: new Uint8Array(count),
    ids: inputs.flatMap(({ history }, i) => Array.from({ length: counts[i]! }, () => history.id)),
  }
  let sample = 0
  for (const [i, context] of contexts.entries())
    for (let block = 1; block <= counts[i]!; block += 1) {
      writeBlock(context, block, batch.rows, sample * HOURS_PER_BLOCK * FEATURES.length)
      writeAligned(context, batch.aligned, sample * ALIGNED_HOURS)
      batch.blocks[sample] = block
      sample += 1
    }
  const quantiles = forecast(batch)
  let first = 0
  return contexts.map((context, i) => {
    const own = inOwnUnit(context, quantiles, first, inputs[i]!.horizonHours)
    first += counts[i]!
    return own
  })
}

const toContext = ({ history, futureTemperatureCelsius }: ForecastInput): Context => {
  const issuedAtMs = endMs(history)
  const clock = createLocalClock(
    history.timeZone,
    issuedAtMs - CONTEXT_HOURS * MS_PER_HOUR,
    issuedAtMs + 200 * MS_PER_HOUR,
  )
  return contextOf(history, clock, futureTemperatureCelsius)
}

const inOwnUnit = (
  context: Context,
  quantiles: Float32Array,
  firstBlock: number,
  horizonHours: number,
): Float64Array => {
  const hour = issueHour(context)
  const own = new Float64Array(horizonHours * LEVELS)
  for (let slot = 0; slot < HOURS_PER_BLOCK; slot += 1)
    for (
      let ahead = positionOfSlot(slot, hour), block = firstBlock;
      ahead < horizonHours;
      ahead += HOURS_PER_BLOCK, block += 1
    )
      for (let level = 0; level < LEVELS; level += 1) {
        const value = quantiles[(block * HOURS_PER_BLOCK + slot) * LEVELS + level]!
        own[ahead * LEVELS + level] = Math.max(0, context.centre + context.scale * value)
      }
  return own
}
