import { z } from 'zod'
import { UNCALIBRATED, conformalOffsets } from '../calibration.ts'
import { FEATURES, HOURS_PER_BLOCK, WORKING } from '../features/block.ts'
import type { TrainingSet } from '../features/trainingSet.ts'
import type { Calibration } from '../forecastModel.ts'

/** What raw quantiles, `[count x 24 x 9]` in units of the context, lack on the held-back blocks; `otherwise` where those are too few. */
export const heldBackCalibration = (
  set: TrainingSet,
  raw: Float32Array,
  heldBack: Uint8Array,
  otherwise: Calibration = UNCALIBRATED,
): Calibration => {
  const hours = set.count * HOURS_PER_BLOCK
  const truths = new Float32Array(hours)
  const regimes = new Uint8Array(hours)
  for (let row = 0; row < hours; row += 1) {
    truths[row] = heldBack[Math.floor(row / HOURS_PER_BLOCK)] === 1 ? set.targets[row]! : NaN
    regimes[row] = set.rows[row * FEATURES.length + WORKING]!
  }
  return conformalOffsets(raw, truths, regimes, otherwise)
}

export const calibrationSchema = z.array(z.array(z.number()).length(9)).length(2)
