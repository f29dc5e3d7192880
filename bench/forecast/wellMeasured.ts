import type { CleanSeries } from '../../analytics/dataset/clean.ts'
import { measuredHours } from '../../analytics/measuredHours.ts'

/**
 * Buildings whose error tells of the model and not of the meter, by a rule over all of their hours: at least 99 % of
 * their span measured, no run of zeros that counts as missing, nothing negative, no spike, not one zero hour in a
 * hundred, and no level that lasts: the mean of each quarter of the span is between half and twice the mean of all.
 */
export const isWellMeasured = ({ truth, zeroRuns, negatives, spikes }: CleanSeries): boolean => {
  const measured = measuredHours(truth)
  const zeros = truth.reduce((count, value) => count + (value === 0 ? 1 : 0), 0)
  if (measured < 0.99 * truth.length || zeroRuns.length > 0 || negatives > 0 || spikes > 0) return false
  if (zeros > 0.01 * measured) return false
  const mean = meanOf(truth)
  const quarter = Math.floor(truth.length / 4)
  return [0, 1, 2, 3].every((part) => {
    const own = meanOf(truth.subarray(part * quarter, (part + 1) * quarter))
    return own > mean / 2 && own < 2 * mean
  })
}

/** So many of them, spread evenly over their names: no site has more than its share. */
export const spreadOut = <Item extends { series: { id: string } }>(
  items: readonly Item[],
  count: number,
): Item[] => {
  const sorted = items.toSorted((a, b) => (a.series.id < b.series.id ? -1 : 1))
  if (sorted.length <= count) return sorted
  return Array.from(
    { length: count },
    (_, index) => sorted[Math.floor((index * sorted.length) / count)],
  ).flatMap((item) => item ?? [])
}

const meanOf = (values: Float64Array): number => {
  let sum = 0
  let count = 0
  for (const value of values) {
    if (Number.isNaN(value)) continue
    sum += value
    count += 1
  }
  return sum / count
}
