import { Matrix, SVD } from 'ml-matrix'
import { countsOf, sensorsOf, type SmallCity } from './smallCity.ts'
import type { Conclusion } from './published.ts'

/**
 * Tries to find counts that were not told. It knows which sensor counts whose people (a floor is its zones), that counts
 * are whole and not negative, and every conclusion. Two ways: bounds that each sum leaves to its terms, narrowed until
 * nothing moves; and linear algebra over the exact sums, by which a count is known when it lies in their row space.
 */
export interface Cell {
  sensor: string
  time: number
}

export interface Found extends Cell {
  low: number
  high: number
}

const MOST_PEOPLE = 1_000
/** Bounds are narrowed at most so often: each round can only help, and cities are small. */
const MOST_ROUNDS = 60

interface Row {
  columns: number[]
  weights: number[]
  low: number
  high: number
}

const cellsOf = (city: SmallCity): Cell[] =>
  sensorsOf(city).flatMap(({ thing }) => (city[0] ?? []).map((_, time) => ({ sensor: thing, time })))

/** That a floor holds its zones, at each time. */
const sumsOf = (city: SmallCity): Conclusion[] => {
  const sensors = sensorsOf(city)
  const zoneName = (zone: number): string =>
    sensors.find(({ thing, zones }) => zones.length === 1 && zones[0] === zone && thing.includes('zone'))
      ?.thing ?? ''
  return sensors
    .filter(({ thing }) => !thing.includes('zone'))
    .flatMap(({ thing, zones }) =>
      (city[0] ?? []).map((_, time) => ({
        terms: [
          { sensor: thing, time, weight: -1 },
          ...zones.map((zone) => ({ sensor: zoneName(zone), time, weight: 1 })),
        ],
        low: 0,
        high: 0,
      })),
    )
}

const rowsOf = (cells: readonly Cell[], conclusions: readonly Conclusion[]): Row[] => {
  const columnOf = new Map(cells.map(({ sensor, time }, column) => [`${sensor} ${time}`, column]))
  return conclusions.map(({ terms, low, high }) => ({
    columns: terms.map(({ sensor, time }) => columnOf.get(`${sensor} ${time}`) ?? -1),
    weights: terms.map(({ weight }) => weight),
    low,
    high,
  }))
}

/** What is left possible of each count under ten, lowest and highest. */
export const boundsOfFew = (city: SmallCity, conclusions: readonly Conclusion[]): Found[] => {
  const cells = cellsOf(city)
  const rows = rowsOf(cells, [...sumsOf(city), ...conclusions])
  const low = Array.from(cells, () => 0)
  const high = Array.from(cells, () => MOST_PEOPLE)
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    let moved = false
    for (const row of rows) moved = narrow(row, low, high) || moved
    if (!moved) break
  }
  return fewOf(city, cells).map((column) => ({
    ...cell(cells, column),
    low: low[column] ?? 0,
    high: high[column] ?? 0,
  }))
}

/** Narrows the bounds of each term by what the others leave; true when any moved. */
const narrow = (
  { columns, weights, low: least, high: most }: Row,
  low: number[],
  high: number[],
): boolean => {
  const smallest = columns.map((column, i) => Math.min(...ends(column, weights[i] ?? 0, low, high)))
  const largest = columns.map((column, i) => Math.max(...ends(column, weights[i] ?? 0, low, high)))
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  const [sumOfSmallest, sumOfLargest] = [sum(smallest), sum(largest)]
  let moved = false
  columns.forEach((column, i) => {
    const weight = weights[i] ?? 0
    const atLeast = (least - (sumOfLargest - (largest[i] ?? 0))) / weight
    const atMost = (most - (sumOfSmallest - (smallest[i] ?? 0))) / weight
    const from = Math.ceil(Math.min(atLeast, atMost) - 1e-9)
    const to = Math.floor(Math.max(atLeast, atMost) + 1e-9)
    if (from > (low[column] ?? 0)) [low[column], moved] = [from, true]
    if (to < (high[column] ?? 0)) [high[column], moved] = [to, true]
  })
  return moved
}

const ends = (
  column: number,
  weight: number,
  low: readonly number[],
  high: readonly number[],
): [number, number] => [weight * (low[column] ?? 0), weight * (high[column] ?? 0)]

/** Counts under ten that the exact sums among the conclusions determine. */
export const solvedFew = (city: SmallCity, conclusions: readonly Conclusion[]): Cell[] => {
  const cells = cellsOf(city)
  const exact = rowsOf(cells, [...sumsOf(city), ...conclusions.filter(({ low, high }) => high - low < 0.001)])
  const matrix = Matrix.zeros(exact.length, cells.length)
  exact.forEach(({ columns, weights }, row) =>
    columns.forEach((column, i) => matrix.set(row, column, matrix.get(row, column) + (weights[i] ?? 0))),
  )
  // A count is known when its unit vector is its own projection on the row space.
  const { V, s } = decompose(matrix)
  const rank = s.filter((value) => value > 1e-9).length
  return fewOf(city, cells)
    .filter((column) => {
      const length = Array.from({ length: rank }, (_, k) => V.get(column, k) ** 2).reduce((a, b) => a + b, 0)
      return length > 1 - 1e-9
    })
    .map((column) => cell(cells, column))
}

const decompose = (matrix: Matrix): { V: Matrix; s: number[] } => {
  const { rightSingularVectors, diagonal } = new SVD(matrix, { autoTranspose: true })
  return { V: rightSingularVectors, s: diagonal }
}

const cell = (cells: readonly Cell[], column: number): Cell => cells[column] ?? { sensor: '', time: -1 }

const fewOf = (city: SmallCity, cells: readonly Cell[]): number[] => {
  const counts = new Map(sensorsOf(city).map((sensor) => [sensor.thing, countsOf(city, sensor)]))
  return cells.flatMap(({ sensor, time }, column) => ((counts.get(sensor)?.[time] ?? 0) < 10 ? [column] : []))
}
