import { CholeskyDecomposition, Matrix } from 'ml-matrix'

/**
 * Linear discriminant analysis of two classes (Fisher 1936): one covariance for both, priors from the examples. The
 * peer of the published figures (Candanedo and Feldheim 2016). Returns whether a vector is of the class `true`.
 */
export const fitLinearDiscriminant = (
  vectors: readonly (readonly number[])[],
  classes: readonly boolean[],
): ((vector: readonly number[]) => boolean) => {
  const size = vectors[0]?.length ?? 0
  const means = [false, true].map((wanted) => {
    const members = vectors.filter((_, index) => classes[index] === wanted)
    return {
      share: members.length / vectors.length,
      mean: Array.from(
        { length: size },
        (_, i) => members.reduce((sum, v) => sum + (v[i] ?? 0), 0) / members.length,
      ),
    }
  })
  const [no, yes] = means
  if (!no || !yes) throw new Error('two classes')
  const covariance = Matrix.zeros(size, size)
  vectors.forEach((vector, index) => {
    const { mean } = classes[index] ? yes : no
    const off = vector.map((value, i) => value - (mean[i] ?? 0))
    for (let i = 0; i < size; i += 1) {
      for (let j = 0; j < size; j += 1) {
        covariance.set(i, j, covariance.get(i, j) + ((off[i] ?? 0) * (off[j] ?? 0)) / vectors.length)
      }
    }
  })
  const difference = Matrix.columnVector(yes.mean.map((value, i) => value - (no.mean[i] ?? 0)))
  const weights = new CholeskyDecomposition(covariance).solve(difference).to1DArray()
  const bias =
    Math.log(yes.share / no.share) -
    weights.reduce((sum, weight, i) => sum + (weight * ((yes.mean[i] ?? 0) + (no.mean[i] ?? 0))) / 2, 0)
  return (vector) => weights.reduce((sum, weight, i) => sum + weight * (vector[i] ?? 0), bias) > 0
}
