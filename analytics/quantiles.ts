import { QUANTILES } from '../store/forecasts.ts'

/** How many quantiles a forecast has for each hour. */
export const LEVELS = QUANTILES.length

/**
 * The project's nine quantiles of a sample, by linear interpolation between order statistics (Hyndman and Fan 1996,
 * type 7). Ascending by construction. The sample must not be empty.
 */
export const nineQuantiles = (sample: ArrayLike<number>): number[] => {
  const sorted = Float64Array.from(sample).sort()
  return QUANTILES.map((q) => {
    const position = q * (sorted.length - 1)
    const below = Math.floor(position)
    const low = sorted[below] ?? NaN
    const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? NaN
    return low + (high - low) * (position - below)
  })
}
