import type { TimeRange } from '../rolledBuckets.ts'
import type { InfluxQueries } from './connection.ts'
import { selectHourTimes } from './hourRows.ts'
import type { Rollups } from './rollups.ts'
import { OBSERVATIONS, whereTimes } from './schema.ts'

/**
 * Deletes a range of one Datastream and returns how many samples were there. Called between two commits. Every hour
 * that has a sum is marked first, those that are not in use yet too: a sum left from a broken run would come to light.
 */
export const deleteSamples = async (
  { queries, rollups }: { queries: InfluxQueries; rollups: Pick<Rollups, 'mark'> },
  datastreamId: number,
  range: TimeRange,
): Promise<number> => {
  const where = whereTimes(datastreamId, range.fromMs, range.toMs)
  const [counts = [], hours = []] = await queries.ask([
    `select count(value) from ${OBSERVATIONS} where ${where}`,
    selectHourTimes(datastreamId, range),
  ])
  const found = Number(counts[0]?.values[0]?.[1] ?? 0)
  if (found === 0) return 0
  await rollups.mark(
    hours.flatMap(({ values }) => values.map(([hourMs]) => ({ datastreamId, hourMs: Number(hourMs) }))),
  )
  await queries.ask([`delete from ${OBSERVATIONS} where ${where}`])
  return found
}
