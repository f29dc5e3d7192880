import { type HourlySeries, MS_PER_HOUR } from '../../analytics/series.ts'

/** An office's week in kWh with noise that is the same each time: the working day, weekends, a slow drift. */
export const syntheticSeries = ({
  id = 'office',
  days = 84,
  startMs = Date.UTC(2026, 0, 5),
  timeZone = 'UTC',
  seed = 1,
  scale = 1,
}: {
  id?: string
  days?: number
  startMs?: number
  timeZone?: string
  seed?: number
  scale?: number
} = {}): HourlySeries => {
  const noise = noiseOf(seed)
  const values = Float64Array.from({ length: days * 24 }, (_, at) => {
    const hour = at % 24
    const isWorking = Math.floor(at / 24) % 7 < 5
    const busy = isWorking && hour >= 7 && hour < 19 ? 30 * Math.sin((Math.PI * (hour - 6)) / 14) : 0
    return scale * (10 + busy + 2 * Math.sin(at / 400) + 1.5 * noise())
  })
  return { id, property: 'energy', timeZone, startMs, values }
}

/** Between -1 and 1, from a linear congruential generator (Numerical Recipes). */
const noiseOf = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 31 - 1
  }
}

/** The same series with other values from an instant on, as if another future had come. */
export const withOtherFuture = (series: HourlySeries, fromMs: number, value: number): HourlySeries => {
  const values = series.values.slice()
  values.fill(value, Math.max(0, Math.floor((fromMs - series.startMs) / MS_PER_HOUR)))
  return { ...series, values }
}
