/** The middle of a sample, or the mean of the two in the middle; NaN of none. */
export const median = (sample: readonly number[]): number => {
  const sorted = Float64Array.from(sample).sort()
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2
}
