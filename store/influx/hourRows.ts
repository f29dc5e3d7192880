import { HOUR_MS, hourOf, type Partial } from '../../city/partials.ts'
import type { TimeRange } from '../rolledBuckets.ts'
import type { Series } from './connection.ts'
import { HOURS, ROLLUP_POLICY, rollupLine, whereTimes } from './schema.ts'

/** An hour as a point of the measurement `hours`, and back. */

const COLUMNS = [
  'first_ms',
  'first',
  'last_ms',
  'last',
  'count',
  'sum',
  'min',
  'max',
  'consumption',
  'gap_ms',
] as const

export const hourLine = (datastreamId: number, partial: Partial): string =>
  rollupLine(HOURS, datastreamId, hourOf(partial.firstMs), fieldsOf(partial))

/** The hour as it is now, and healed: without a partial it holds nothing. */
export const healedLine = (datastreamId: number, hourMs: number, partial: Partial | undefined): string =>
  rollupLine(HOURS, datastreamId, hourMs, { ...(partial ? fieldsOf(partial) : { count: 0 }), dirty: 0 })

export const dirtyLine = (datastreamId: number, hourMs: number): string =>
  rollupLine(HOURS, datastreamId, hourMs, { dirty: 1 })

const fieldsOf = (partial: Partial): Record<(typeof COLUMNS)[number], number> => ({
  first_ms: partial.firstMs,
  first: partial.firstValue,
  last_ms: partial.lastMs,
  last: partial.lastValue,
  count: partial.count,
  sum: partial.sum,
  min: partial.min,
  max: partial.max,
  consumption: partial.consumption,
  gap_ms: partial.maxGapMs,
})

/** The question for a Datastream's hours in a range of whole hours. */
export const selectHours = (datastreamId: number, { fromMs, toMs }: TimeRange): string =>
  `select ${COLUMNS.map((name) => `"${name}"`).join(', ')} from "${ROLLUP_POLICY}"."${HOURS}" where ${whereTimes(datastreamId, fromMs, toMs)}`

/** Hours with data, ascending. */
export const partialsOf = (series: readonly Series[]): Partial[] =>
  (series[0]?.values ?? []).flatMap(([, ...cells]) => {
    const [
      firstMs = 0,
      firstValue = 0,
      lastMs = 0,
      lastValue = 0,
      count = 0,
      sum = 0,
      min = 0,
      max = 0,
      consumption = 0,
      maxGapMs = 0,
    ] = cells.map(Number)
    return count > 0
      ? [{ firstMs, firstValue, lastMs, lastValue, count, sum, min, max, consumption, maxGapMs }]
      : []
  })

/** Beginnings of all hours that there is a point for, with data or without. */
export const selectHourTimes = (datastreamId: number, { fromMs, toMs }: TimeRange): string =>
  `select "count", "dirty" from "${ROLLUP_POLICY}"."${HOURS}" where ${whereTimes(datastreamId, hourOf(fromMs), hourOf(toMs + HOUR_MS - 1))}`
