import type { BucketRow } from '../../city/buckets.ts'
import type { BucketQuery } from '../observations.ts'
import { rolledBuckets } from '../rolledBuckets.ts'
import type { InfluxQueries } from './connection.ts'
import { partialsOf, selectHours } from './hourRows.ts'
import type { HorizonReader } from './horizon.ts'
import type { Rollups } from './rollups.ts'
import type { SampleReader } from './sampleReader.ts'

/** How often a read is begun anew because hours of its Datastream became dirty meanwhile. */
const MOST_TRIES = 4

export interface BucketReadParts {
  queries: InfluxQueries
  samples: SampleReader
  rollups: Pick<Rollups, 'state' | 'reached'>
  horizon: HorizonReader
  horizonMs: () => number
}

/**
 * Rows of buckets from the rollup, and from the samples where an hour is dirty or not summed up yet. A read during
 * which an hour of the Datastream became dirty is begun anew, so that it does not join the hour's old sum with newer
 * samples; when that happens again and again it is answered from the samples alone.
 */
export const readBuckets = async (
  { queries, samples, rollups, horizon, horizonMs: current }: BucketReadParts,
  query: BucketQuery,
): Promise<BucketRow[]> => {
  const { datastreamId: ds } = query
  const state = rollups.state(ds)
  for (let tries = 1; ; tries += 1) {
    const { changes, rolledMs } = state
    const horizonMs = current()
    const toMs = tries < MOST_TRIES ? rolledMs : 0
    const rawHours = [...state.dirty.keys()]
    const rows = await rolledBuckets(
      {
        horizonMs,
        frozen: (range) => horizon.hours(ds, range),
        neighbours: (range) =>
          horizonMs > 0 ? horizon.neighbours(ds, range, horizonMs) : samples.neighbours(ds, range),
        async rollup(range) {
          const known = { fromMs: range.fromMs, toMs: Math.min(range.toMs, toMs) }
          if (known.fromMs >= known.toMs) return { partials: [], rawHours: [], toMs }
          const [series = []] = await queries.ask([selectHours(ds, known)])
          return { partials: partialsOf(series), rawHours, toMs }
        },
        async samples(ranges) {
          const found = await samples.ranges(ds, ranges)
          const last = found.at(-1)
          if (last) rollups.reached([{ datastreamId: ds, ...last }])
          return found
        },
      },
      query,
    )
    if (current() !== horizonMs) continue
    if (state.changes === changes || toMs === 0) return rows
  }
}
