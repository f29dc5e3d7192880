import { UNCALIBRATED } from '../calibration.ts'
import type { FittedModel, ForecastModel } from '../forecastModel.ts'
import { decodeModelFile, encodeModelFile } from '../modelFile.ts'
import { contextHoursOf, seasonalForecast, type SeasonalRule } from './seasonalRules.ts'

/**
 * The baselines that every other model has to beat. They learn nothing: all that they say follows from the history.
 * BuildingsBench (NREL 2023) calls them persistence of the previous week and day, and, the mean of seven days,
 * persistence ensemble.
 */
const daysFrom = (first: number, step: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => first + i * step)

const weekOf = (daysAhead: number): number => 7 * Math.ceil(daysAhead / 7)

const seasonal = (name: string, rule: SeasonalRule): ForecastModel => {
  const version = '1'
  const fitted: FittedModel = {
    name,
    version,
    contextHours: contextHoursOf(rule),
    calibration: UNCALIBRATED,
    isSelfCalibrating: true,
    predict: (inputs) => inputs.map((input) => seasonalForecast(rule, input)),
    save: () => encodeModelFile({ kind: name, version, facts: null, arrays: {} }),
  }
  return {
    name,
    version,
    fit: async () => fitted,
    async load(bytes) {
      decodeModelFile(bytes, name, version)
      return fitted
    },
  }
}

export const SEASONAL_MODELS: readonly ForecastModel[] = [
  seasonal('previous-day', { daysBack: (daysAhead) => [daysAhead] }),
  seasonal('seasonal-week', { daysBack: (daysAhead) => [weekOf(daysAhead)] }),
  seasonal('same-hour-mean', { daysBack: (daysAhead) => daysFrom(daysAhead, 1, 7) }),
  seasonal('four-weeks', { daysBack: (daysAhead) => daysFrom(weekOf(daysAhead), 7, 4) }),
]
