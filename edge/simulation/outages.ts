import { HOUR_MS } from '../../city/partials.ts'
import { keyedRandom } from './random.ts'

/**
 * When a sensor is silent: empty batteries, lost radio links. At most one outage a UTC day for each sensor; a
 * building's own meters are wired and fail seldom and briefly.
 */
export const createOutages = (
  seed: number,
  sensorIndex: number,
  wired: boolean,
): ((timeMs: number) => boolean) => {
  const [share, longestHours] = wired ? [0.005, 1] : [0.02, 5]
  let dayStartMs = Number.NaN
  let fromMs = Infinity
  let toMs = Infinity
  return (timeMs) => {
    const startMs = Math.floor(timeMs / DAY_MS) * DAY_MS
    if (startMs !== dayStartMs) {
      dayStartMs = startMs
      const random = keyedRandom(seed, OUTAGE, sensorIndex, startMs / DAY_MS)
      const happens = random.uniform() < share
      fromMs = happens ? startMs + random.uniform() * DAY_MS : Infinity
      toMs = fromMs + (0.1 + 0.9 * random.uniform()) * longestHours * HOUR_MS
    }
    return timeMs >= fromMs && timeMs < toMs
  }
}

const OUTAGE = 5
const DAY_MS = 24 * HOUR_MS
