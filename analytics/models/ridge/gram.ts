import { CholeskyDecomposition, Matrix } from 'ml-matrix'

/**
 * Normal equations of a least-squares fit, summed up row by row, so that no design matrix stands in memory and sums of
 * several parts of the data can be added or taken away again.
 */
export interface Gram {
  readonly size: number
  /** `X' W X`, upper triangle filled, row-major `[size x size]`. */
  readonly products: Float64Array
  /** `X' W y`. */
  readonly moments: Float64Array
  /** Sum of weights. */
  weight: number
}

export const createGram = (size: number): Gram => ({
  size,
  products: new Float64Array(size * size),
  moments: new Float64Array(size),
  weight: 0,
})

/** Adds one row, the `size` columns of `rows` from `at` on. */
export const addRow = (gram: Gram, rows: Float32Array, at: number, target: number, weight: number): void => {
  const { size, products, moments } = gram
  gram.weight += weight
  for (let i = 0; i < size; i += 1) {
    const left = rows[at + i]! * weight
    if (left === 0) continue
    moments[i]! += left * target
    const line = i * size
    for (let j = i; j < size; j += 1) products[line + j]! += left * rows[at + j]!
  }
}

/** `total` without `part`, or with it when `sign` is 1. */
export const combined = (total: Gram, part: Gram, sign: 1 | -1): Gram => ({
  size: total.size,
  products: total.products.map((value, i) => value + sign * part.products[i]!),
  moments: total.moments.map((value, i) => value + sign * part.moments[i]!),
  weight: total.weight + sign * part.weight,
})

/** Closed-form ridge (Hoerl and Kennard 1970): `(X' W X + penalty I)^-1 X' W y`, solved by Cholesky. */
export const solveRidge = ({ size, products, moments }: Gram, penalty: number): Float32Array => {
  const matrix = Matrix.zeros(size, size)
  for (let i = 0; i < size; i += 1) {
    for (let j = i; j < size; j += 1) {
      matrix.set(i, j, products[i * size + j]!)
      matrix.set(j, i, products[i * size + j]!)
    }
    matrix.set(i, i, products[i * size + i]! + penalty)
  }
  const solution = new CholeskyDecomposition(matrix).solve(Matrix.columnVector(moments))
  return Float32Array.from(solution.to1DArray())
}
