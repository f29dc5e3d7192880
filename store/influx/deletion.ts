import { HOUR_MS, hourOf } from '../../city/partials.ts'
import type { TimeRange } from '../rolledBuckets.ts'
import type { InfluxQueries } from './connection.ts'
import { partialsOf, selectHours, selectHourTimes } from './hourRows.ts'
import type { Rollups } from './rollups.ts'
import { HOURS, OBSERVATIONS, whereTimes } from './schema.ts'

interface DeletionParts {
  queries: InfluxQueries
  rollups: Pick<Rollups, 'mark'>
  horizonMs: number
}

/**
 * Deletes a range of one Datastream and returns how many samples were there. Called between two commits. Every hour
 * that has a sum is marked first, those that are not in use yet too: a sum left from a broken run would come to light.
 * Before the horizon the hours that the range holds whole are deleted.
 */
export const deleteSamples = async (
  { queries, rollups, horizonMs }: DeletionParts,
  datastreamId: number,
  asked: TimeRange,
): Promise<number> => {
  const frozen = await deleteFrozen(queries, datastreamId, {
    ...asked,
    toMs: Math.min(asked.toMs, horizonMs),
  })
  const range = { ...asked, fromMs: Math.max(asked.fromMs, horizonMs) }
  if (range.fromMs >= range.toMs) return frozen
  const where = whereTimes(datastreamId, range.fromMs, range.toMs)
  const [counts = [], hours = []] = await queries.ask([
    `select count(value) from ${OBSERVATIONS} where ${where}`,
    selectHourTimes(datastreamId, range),
  ])
  const found = Number(counts[0]?.values[0]?.[1] ?? 0)
  if (found === 0) return frozen
  await rollups.mark(
    hours.flatMap(({ values }) => values.map(([hourMs]) => ({ datastreamId, hourMs: Number(hourMs) }))),
  )
  await queries.ask([`delete from ${OBSERVATIONS} where ${where}`])
  return frozen + found
}

const deleteFrozen = async (
  queries: InfluxQueries,
  datastreamId: number,
  { fromMs, toMs }: TimeRange,
): Promise<number> => {
  const hours = { fromMs: hourOf(fromMs + HOUR_MS - 1), toMs: hourOf(toMs) }
  if (hours.fromMs >= hours.toMs) return 0
  const [series = []] = await queries.ask([selectHours(datastreamId, hours)])
  const samples = partialsOf(series).reduce((sum, { count }) => sum + count, 0)
  if (samples > 0) {
    await queries.ask([`delete from ${HOURS} where ${whereTimes(datastreamId, hours.fromMs, hours.toMs)}`])
  }
  return samples
}
