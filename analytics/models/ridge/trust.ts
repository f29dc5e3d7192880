import { z } from 'zod'
import { BASE, FEATURES, HOURS_PER_BLOCK } from '../../features/block.ts'
import type { TrainingSet } from '../../features/trainingSet.ts'
import { applyLinear, fitLinear } from './linear.ts'

/** The newest share of each series' blocks judges a fit of what lies before them. */
const JUDGES = 0.25
const LEAST_JUDGES = 200

/**
 * Share (0 to 1) of what is learned, beyond the base, that is to be believed: what would have made the squared error
 * least where a ridge of the older blocks forecasts the newer ones, over all series together. A year of many buildings
 * says nearly all; a few months that end in another season say less. 1 where there are too few blocks to tell.
 */
export const trustOf = (set: TrainingSet): number => {
  const isJudge = judgesOf(set)
  const judges = isJudge.reduce((sum, is) => sum + is, 0)
  if (judges < LEAST_JUDGES) return 1
  const { linear } = fitLinear(set, (sample) => isJudge[sample] === 0)
  const forecast = new Float32Array(set.count * HOURS_PER_BLOCK)
  let agreed = 0
  let learned = 0
  for (let sample = 0; sample < set.count; sample += 1) {
    if (isJudge[sample] === 0) continue
    applyLinear(linear, set.rows, sample, set.blocks[sample]!, forecast)
    const weight = set.weights[sample]! ** 2
    for (let row = sample * HOURS_PER_BLOCK; row < (sample + 1) * HOURS_PER_BLOCK; row += 1) {
      const base = set.rows[row * FEATURES.length + BASE]!
      const [missed, added] = [set.targets[row]! - base, forecast[row]! - base]
      if (Number.isNaN(missed)) continue
      agreed += weight * added * missed
      learned += weight * added ** 2
    }
  }
  return learned === 0 ? 1 : Math.min(1, Math.max(0, agreed / learned))
}

const judgesOf = ({ count, series }: TrainingSet): Uint8Array => {
  const samplesOf = new Map<number, number[]>()
  for (let sample = 0; sample < count; sample += 1) {
    const own = samplesOf.get(series[sample]!)
    if (own) own.push(sample)
    else samplesOf.set(series[sample]!, [sample])
  }
  const isJudge = new Uint8Array(count)
  for (const own of samplesOf.values())
    for (const sample of own.slice(Math.ceil(own.length * (1 - JUDGES)))) isJudge[sample] = 1
  return isJudge
}

/** What brings a middle, in units of the context, to `trust` of its way from the base. */
export const pullToBase = (rows: Float32Array, row: number, middle: number, trust: number): number =>
  (1 - trust) * (rows[row * FEATURES.length + BASE]! - middle)

export const trustSchema = z.number().min(0).max(1)
