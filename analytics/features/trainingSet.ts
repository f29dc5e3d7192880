import { NadiError } from '../../city/errors.ts'
import { type HourlySeries, MS_PER_HOUR, endMs, until } from '../series.ts'
import { createRandom } from '../training/random.ts'
import { ALIGNED_HOURS, writeAligned } from './aligned.ts'
import { BLOCKS, FEATURES, HOURS_PER_BLOCK, issueHour, positionOfSlot, writeBlock } from './block.ts'
import { type Context, contextOf } from './context.ts'
import { createLocalClock } from './localClock.ts'

/** Blocks of hours ahead as they could have been forecast, with what came: what models learn from. */
export interface TrainingSet {
  count: number
  /** `[count x 24 x FEATURES.length]`. */
  rows: Float32Array
  /** `[count x ALIGNED_HOURS]`. */
  aligned: Float32Array
  /** What came, by slot, in units of the context: `[count x 24]`, NaN = not measured. */
  targets: Float32Array
  /** What an error counts in each block: its context's scale over the level of the series. */
  weights: Float32Array
  /** Which series each block is of; a series' blocks ascend by time. */
  series: Int32Array
  /** Day ahead, 1 to 7. */
  blocks: Uint8Array
  /** Fortnight since 1970 of the issue, for folds that keep neighbouring days together. */
  fortnights: Int32Array
}

const LEAST_HISTORY_HOURS = 168
/** Days are left out at random so that about this many blocks remain. */
const MAX_COUNT = 16_000
/** How many blocks of later days come with one of the next. */
const LATER_SHARE = 0.4
/** Days of so few buildings are taken at several hours of issue, until there are about this many issues. */
const ENOUGH = 8_000
const MOST_PER_DAY = 4
/** Below this many days of all buildings, more issues of the same days teach nothing. */
const FEW_DAYS = 700

/**
 * One issue a local day of each series (more where there are few days), half of them at midnight and the others at a
 * random hour, so that a model knows every hour of issue. With half of them the temperature to come is given. Throws
 * `insufficient-data` when nothing remains.
 */
export const toTrainingSet = (
  all: readonly HourlySeries[],
  { seed = 1 }: { seed?: number } = {},
): TrainingSet => {
  const random = createRandom(seed)
  const days = all.reduce((sum, { values }) => sum + Math.max(0, values.length / 24 - 8), 0)
  const kept = Math.min(1, MAX_COUNT / Math.max(1, days * (1 + LATER_SHARE)))
  const perDay = days < FEW_DAYS ? 1 : Math.max(1, Math.min(MOST_PER_DAY, Math.floor(ENOUGH / days)))
  const capacity = Math.ceil(days * perDay * kept * (1 + LATER_SHARE) * 1.1) + 100
  const set = emptySet(capacity)
  for (const [index, series] of all.entries()) {
    const level = levelOf(series.values)
    if (level === 0) continue
    const clock = createLocalClock(series.timeZone, series.startMs, endMs(series) + 200 * MS_PER_HOUR)
    for (let hour = LEAST_HISTORY_HOURS; hour + HOURS_PER_BLOCK <= series.values.length; hour += 1) {
      const timeMs = series.startMs + hour * MS_PER_HOUR
      if (clock.localHour(timeMs) % 24 !== 0) continue
      for (let issue = 0; issue < perDay; issue += 1) {
        const [keep, midnight, weather, later] = [random(), random(), random(), random()]
        const shift = Math.floor(random() * 24)
        const block = 2 + Math.floor(random() * (BLOCKS - 1))
        if (keep >= kept) continue
        const at = hour + (midnight < 0.5 ? 0 : shift)
        const context = contextAt(series, at, clock, weather < 0.5)
        if (!context) continue
        const blocks = later < LATER_SHARE ? [1, block] : [1]
        for (const block of blocks)
          if (set.count < capacity) addBlock(set, { index, series, level, at, context, block })
      }
    }
  }
  if (set.count === 0)
    throw new NadiError(
      'insufficient-data',
      'No series has eight days with measured hours in them to learn from. Give longer series, or let learning end later.',
    )
  return cut(set)
}

const contextAt = (
  series: HourlySeries,
  at: number,
  clock: ReturnType<typeof createLocalClock>,
  givesWeather: boolean,
): Context | undefined => {
  try {
    return contextOf(
      until(series, series.startMs + at * MS_PER_HOUR),
      clock,
      givesWeather ? series.temperatureCelsius?.subarray(at) : undefined,
    )
  } catch (error) {
    // A stretch that was hardly measured is nothing to learn from.
    if (error instanceof NadiError && error.code === 'insufficient-data') return undefined
    throw error
  }
}

interface Block {
  index: number
  series: HourlySeries
  level: number
  at: number
  context: Context
  block: number
}

const LEAST_TARGETS = 8
const LARGEST_TARGET = 8

const addBlock = (set: TrainingSet, { index, series, level, at, context, block }: Block): void => {
  const from = set.count * HOURS_PER_BLOCK
  const hour = issueHour(context)
  let measured = 0
  for (let slot = 0; slot < HOURS_PER_BLOCK; slot += 1) {
    const value = series.values[at + (block - 1) * 24 + positionOfSlot(slot, hour)] ?? NaN
    const target = (value - context.centre) / context.scale
    set.targets[from + slot] = Math.min(LARGEST_TARGET, Math.max(-LARGEST_TARGET, target))
    if (!Number.isNaN(target)) measured += 1
  }
  if (measured < LEAST_TARGETS) return
  writeBlock(context, block, set.rows, from * FEATURES.length)
  writeAligned(context, set.aligned, set.count * ALIGNED_HOURS)
  set.weights[set.count] = Math.min(1.5, Math.max(0.03, context.scale / level))
  set.series[set.count] = index
  set.blocks[set.count] = block
  set.fortnights[set.count] = Math.floor(context.issuedAtMs / (14 * 24 * MS_PER_HOUR))
  set.count += 1
}

/** Mean size of what was measured. */
const levelOf = (values: Float64Array): number => {
  let sum = 0
  let count = 0
  for (const value of values) {
    if (Number.isNaN(value)) continue
    sum += Math.abs(value)
    count += 1
  }
  return count === 0 ? 0 : sum / count
}

const emptySet = (capacity: number): TrainingSet => ({
  count: 0,
  rows: new Float32Array(capacity * HOURS_PER_BLOCK * FEATURES.length),
  aligned: new Float32Array(capacity * ALIGNED_HOURS),
  targets: new Float32Array(capacity * HOURS_PER_BLOCK),
  weights: new Float32Array(capacity),
  series: new Int32Array(capacity),
  blocks: new Uint8Array(capacity),
  fortnights: new Int32Array(capacity),
})

const cut = (set: TrainingSet): TrainingSet => ({
  count: set.count,
  rows: set.rows.subarray(0, set.count * HOURS_PER_BLOCK * FEATURES.length),
  aligned: set.aligned.subarray(0, set.count * ALIGNED_HOURS),
  targets: set.targets.subarray(0, set.count * HOURS_PER_BLOCK),
  weights: set.weights.subarray(0, set.count),
  series: set.series.subarray(0, set.count),
  blocks: set.blocks.subarray(0, set.count),
  fortnights: set.fortnights.subarray(0, set.count),
})
