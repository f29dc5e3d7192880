import { NadiError } from '../../city/errors.ts'
import { hoursBetween } from '../localGrid.ts'
import type { ForecastModel } from '../model.ts'

/**
 * Copy this file, name the model, and add it to `index.ts`: the contract suite covers it from then on. This one says
 * that the next hours are like the last one, which is a forecast with no spread at all.
 */
export const lastValue: ForecastModel = {
  name: 'last-value',
  version: '1',
  contextDays: 1,

  predict({ history, issuedAtMs, untilMs }) {
    const last = history.at(-1)
    if (!last)
      throw new NadiError('insufficient-data', 'A forecast needs at least one measured hour. Wait for data.')
    const hours = hoursBetween(issuedAtMs, untilMs).map((startMs) => ({
      startMs,
      endMs: startMs + 3_600_000,
      quantiles: Array.from({ length: 9 }, () => last.value),
    }))
    return { hours, days: [] }
  },
}
