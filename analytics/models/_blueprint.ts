import { NadiError } from '../../city/errors.ts'
import type { FittedModel, ForecastModel } from '../forecastModel.ts'
import { UNCALIBRATED } from '../calibration.ts'
import { decodeModelFile, encodeModelFile } from '../modelFile.ts'

/**
 * Copy this file, name the model, and add it to `index.ts`: the contract suite covers it from then on. This one says
 * that the next hours are like the last one, which is a forecast with no spread at all.
 */
const NAME = 'last-value'
const VERSION = '1'

export const lastValue: ForecastModel = {
  name: NAME,
  version: VERSION,
  fit: () => Promise.resolve(fitted),
  load(bytes) {
    decodeModelFile(bytes, NAME, VERSION)
    return Promise.resolve(fitted)
  },
}

const fitted: FittedModel = {
  name: NAME,
  version: VERSION,
  contextHours: 24,
  calibration: UNCALIBRATED,
  predict: (inputs) =>
    inputs.map(({ history, horizonHours }) => {
      const last = history.values.findLast((value) => !Number.isNaN(value))
      if (last !== undefined) return new Float64Array(horizonHours * 9).fill(last)
      throw new NadiError('insufficient-data', 'A forecast needs at least one measured hour. Wait for data.')
    }),
  save: () => encodeModelFile({ kind: NAME, version: VERSION, facts: null, arrays: {} }),
}
