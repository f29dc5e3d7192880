import {
  accessOf,
  discloseBucket,
  disclosePeople,
  discloseQuantiles,
  discloseValue,
  discloseWideBucket,
  type DisclosedBucket,
} from '../../../city/disclosure.ts'
import type { BucketRow } from '../../../city/buckets.ts'
import { countsOf, sensorsOf, windowRows, type Sensor, type SmallCity } from './smallCity.ts'

/**
 * All that is published of a small city, and what an attacker who knows the rules concludes from each number. A
 * conclusion says that a weighted sum of counts lies in `[low, high]`; low = high where a number is exact.
 */
export interface Conclusion {
  terms: readonly { sensor: string; time: number; weight: number }[]
  low: number
  high: number
}

export interface Publication {
  /** Every number that leaves. */
  numbers: unknown[]
  conclusions: Conclusion[]
}

/** How a city publishes: as it does, or with a mistake. */
export interface Rules {
  /** Told of readings: rounded and suppressed, or as counted where it is not suppressed. */
  plain?: boolean
  /** True: the mean of a bucket is told whatever is in it. */
  everyMean?: boolean
  /** True: forecasts are made from what was counted, not from what is told. */
  exactForecasts?: boolean
}

const ALMOST = 1e-6

/** Where a told number comes from: rounded to ten, and nothing under ten. */
const boxOf = (people: number | null): { low: number; high: number } => {
  if (people === null) return { low: 0, high: 10 - ALMOST }
  return { low: Math.max(10, people - 5), high: people + 5 - ALMOST }
}

const scaled = ({ low, high }: { low: number; high: number }, by: number) => ({
  low: low * by,
  high: high * by,
})

export const publish = (city: SmallCity, rules: Rules = {}): Publication => {
  const told: Publication = { numbers: [], conclusions: [] }
  for (const sensor of sensorsOf(city)) {
    const access = accessOf('citizen', { path: `${sensor.thing}/occupancy`, unit: '1', kind: 'instant' })
    const counts = countsOf(city, sensor)
    if (rules.plain) publishPlainly(told, sensor, counts)
    else if (access !== 'none') publishAsTold(told, sensor, counts, rules)
  }
  return told
}

const termsOf = ({ thing }: Sensor, first: number, end: number): Conclusion['terms'] =>
  Array.from({ length: end - first }, (_, i) => ({ sensor: thing, time: first + i, weight: 1 }))

/** Exact numbers everywhere, and a count under ten left out: what a city does that thinks of one cell at a time. */
const publishPlainly = (
  { numbers, conclusions }: Publication,
  sensor: Sensor,
  counts: readonly number[],
): void => {
  counts.forEach((count, time) => {
    const terms = termsOf(sensor, time, time + 1)
    numbers.push(count < 10 ? null : count)
    conclusions.push({ terms, ...(count < 10 ? boxOf(null) : { low: count, high: count }) })
  })
  for (const { row, first, end } of windowRows(counts)) {
    if (row.mean === null || row.mean < 10) continue
    numbers.push(row.mean)
    const sum = Math.round(row.mean * (end - first))
    conclusions.push({ terms: termsOf(sensor, first, end), low: sum, high: sum })
  }
}

const publishAsTold = (
  { numbers, conclusions }: Publication,
  sensor: Sensor,
  counts: readonly number[],
  { everyMean = false, exactForecasts = false }: Rules,
): void => {
  counts.forEach((count, time) => {
    const told = discloseValue('levels', count, 60)
    numbers.push(told)
    conclusions.push({ terms: termsOf(sensor, time, time + 1), ...boxOf(told.value) })
  })
  const disclose = (row: BucketRow): DisclosedBucket => ({
    ...discloseBucket('levels', row, 60),
    ...(everyMean && { mean: disclosePeople(row.mean ?? 0).people }),
  })
  const windows = windowRows(counts).filter(({ row }) => row.count > 0)
  for (const { row, first, end } of windows) {
    const told = disclose(row)
    numbers.push(told)
    const each = termsOf(sensor, first, end)
    for (const term of each) {
      conclusions.push({
        terms: [term],
        low: told.min === null ? 0 : boxOf(told.min).low,
        high: boxOf(told.max).high,
      })
    }
    conclusions.push({ terms: each.slice(-1), ...boxOf(told.last) })
    // Where a reading is suppressed, the mean that is told is half of the most, which is told already.
    if (everyMean || told.min !== null) {
      conclusions.push({ terms: each, ...scaled(boxOf(told.mean), end - first) })
    }
  }
  const isHour = ({ first, end }: { first: number; end: number }): boolean =>
    first % 6 === 0 && (end - first === 6 || (end - first < 6 && end === counts.length))
  const hours = [...new Map(windows.filter(isHour).map((it) => [it.first, it])).values()]
  const [whole] = windows.filter(({ row }) => row.count === counts.length)
  if (whole)
    numbers.push(
      discloseWideBucket(
        disclose(whole.row),
        hours.map(({ row }) => disclose(row)),
        60,
      ),
    )
  publishForecasts({ numbers, conclusions }, sensor, hours, exactForecasts)
}

/** Weights that everybody may know, as they may read a model's file. */
const weightOf = (hour: number): number => 1 / (1 + hour) + 0.01 * hour * hour

/** A forecast of people, rounded, and one of energy that goes by people as well, which is told with all its digits. */
const publishForecasts = (
  { numbers, conclusions }: Publication,
  sensor: Sensor,
  hours: readonly { row: BucketRow; first: number; end: number }[],
  exact: boolean,
): void => {
  const history = hours.map(({ row }) => (exact ? row.mean : discloseBucket('levels', row).mean) ?? 0)
  const forecast = history.reduce((sum, people, hour) => sum + weightOf(hour) * people, 0)
  numbers.push(discloseQuantiles('levels', [forecast * 0.8, forecast, forecast * 1.3]), 100 + 0.3 * forecast)
  if (!exact || hours.length === 0) return
  const terms = hours.flatMap(({ first, end }, hour) =>
    termsOf(sensor, first, end).map((term) => ({ ...term, weight: weightOf(hour) / (end - first) })),
  )
  conclusions.push({ terms, low: forecast - ALMOST, high: forecast + ALMOST })
}
