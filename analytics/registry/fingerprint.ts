import { createHash } from 'node:crypto'
import { measuredHours } from '../measuredHours.ts'
import type { HourlySeries } from '../series.ts'
import { endMs } from '../series.ts'
import type { TrainingData } from './entry.ts'

/**
 * What a model learned from, and a fingerprint of it: equal for the same hours of the same series, whatever their
 * order, and different when one value differs, is missing or is known of.
 */
export const trainingDataOf = (training: readonly HourlySeries[]): TrainingData => ({
  fingerprint: fingerprintOf(training),
  series: training.length,
  hours: training.reduce((sum, { values }) => sum + measuredHours(values), 0),
  fromMs: training.reduce((least, { startMs }) => Math.min(least, startMs), Infinity),
  toMs: training.reduce((most, series) => Math.max(most, endMs(series)), -Infinity),
})

const fingerprintOf = (training: readonly HourlySeries[]): string => {
  const each = training.map(({ id, property, timeZone, startMs, values, temperatureCelsius, people }) => {
    const hash = createHash('sha256')
    hash.update(JSON.stringify([id, property, timeZone, startMs, values.length]))
    for (const column of [values, temperatureCelsius, people]) {
      hash.update(column ? 'column' : 'none')
      if (column) hash.update(plainNaN(column))
    }
    return hash.digest('hex')
  })
  return createHash('sha256').update(each.sort().join()).digest('hex').slice(0, 16)
}

/** There are many NaN, and they are all the same hole. */
const plainNaN = (column: Float64Array): Uint8Array =>
  new Uint8Array(column.map((value) => (Number.isNaN(value) ? NaN : value)).buffer)
