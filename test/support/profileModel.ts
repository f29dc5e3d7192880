import { NadiError } from '../../city/errors.ts'
import type { FittedModel, ForecastModel } from '../../analytics/forecastModel.ts'
import { type HourlySeries, MS_PER_HOUR, endMs } from '../../analytics/series.ts'

/**
 * A model as small as one can be that still learns: the mean of each hour of the week (UTC) over all that it was given,
 * with a spread of ten per cent. So it goes on to forecast the past when the world has changed.
 */
export const profileModel: ForecastModel = {
  name: 'profile',
  version: '1',
  fit: (training) => Promise.resolve(fitted(profileOf(training))),
  load(bytes) {
    const profile = [
      ...new Float64Array(new Uint8Array(bytes).buffer.slice(0, bytes.length - (bytes.length % 8))),
    ]
    if (profile.length !== HOURS || bytes.length % 8 > 0 || !profile.every(Number.isFinite)) {
      return Promise.reject(
        new NadiError(
          'damaged-model',
          `A profile has ${HOURS} finite hours, this file has none. Train another.`,
        ),
      )
    }
    return Promise.resolve(fitted(profile))
  },
}

const HOURS = 168
const LEAST_HOURS = 14 * 24

export const fitted = (profile: readonly number[]): FittedModel => ({
  name: 'profile',
  version: '1',
  contextHours: LEAST_HOURS,
  calibration: [Array.from({ length: 9 }, () => 0), Array.from({ length: 9 }, () => 0)],
  predict: (inputs) =>
    inputs.map(({ history, horizonHours }) => {
      if (history.values.filter((value) => !Number.isNaN(value)).length < LEAST_HOURS)
        throw new NadiError('insufficient-data', 'A profile needs two weeks of data. Wait for them.')
      return Float64Array.from({ length: horizonHours * 9 }, (_, i) => {
        const hour = endMs(history) / MS_PER_HOUR + Math.floor(i / 9)
        return (profile[hour % HOURS] ?? 0) * (0.9 + (i % 9) * 0.025)
      })
    }),
  save: () => new Uint8Array(Float64Array.from(profile).buffer),
})

/** The newest value that counts for each hour of the week is the mean of the last two weeks. */
const profileOf = (training: readonly HourlySeries[]): number[] => {
  const sums = Array.from({ length: HOURS }, () => 0)
  const counts = Array.from({ length: HOURS }, () => 0)
  for (const { startMs, values } of training) {
    for (const [i, value] of values.entries()) {
      if (Number.isNaN(value) || i < values.length - 2 * HOURS) continue
      const hour = (startMs / MS_PER_HOUR + i) % HOURS
      sums[hour] = (sums[hour] ?? 0) + value
      counts[hour] = (counts[hour] ?? 0) + 1
    }
  }
  return sums.map((sum, hour) => (counts[hour] ? sum / counts[hour] : 0))
}
