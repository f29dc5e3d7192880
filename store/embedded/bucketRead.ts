import type { BucketRow } from '../../city/buckets.ts'
import { hourOf } from '../../city/partials.ts'
import type { Partial } from '../../city/partials.ts'
import type { BucketQuery } from '../observations.ts'
import { wholeRange } from '../pointCheck.ts'
import { rolledBuckets, type TimeRange } from '../rolledBuckets.ts'
import { readHorizon } from './retention.ts'
import { mergeSamples, readCold, readHot, readNeighbours } from './rawRead.ts'
import { int } from './session.ts'
import type { Session } from './session.ts'

/** Rows of buckets from cold's rollup; hours that hot rows touch are read from the samples. */
export const readBuckets = async (session: Session, query: BucketQuery): Promise<BucketRow[]> => {
  const { datastreamId: ds } = query
  const horizonMs = await readHorizon(session)
  const hot = await readHot(session, ds, wholeRange(query.fromMs, query.toMs))
  return rolledBuckets(
    {
      horizonMs,
      frozen: (range) => readRollup(session, ds, range),
      neighbours: (range) => readNeighbours(session, ds, range),
      rollup: async (range) => ({
        partials: await readRollup(session, ds, range),
        rawHours: [...new Set(hot.map(({ timeMs }) => hourOf(timeMs)))],
        toMs: Infinity,
      }),
      samples: async (ranges) => mergeSamples(await readCold(session, ds, ranges), hot),
    },
    query,
  )
}

/** What the rollup says of whole hours, ascending; an hour may stand in several partials. */
const readRollup = async (session: Session, ds: number, { fromMs, toMs }: TimeRange): Promise<Partial[]> => {
  const [firstMs = [], ...columns] = await session.columns(
    `select first_t::double, first_v, last_t::double, last_v, count, sum, min, max, used, gap from rollup
     where ds = ${int(ds)} and first_t >= ${int(fromMs)} and first_t < ${int(toMs)} order by first_t`,
  )
  const [firstValue, lastMs, lastValue, count, sum, min, max, consumption, gap] = columns
  const at = (column: number[] | undefined, row: number): number => column?.[row] ?? NaN
  return firstMs.map((firstMs, row) => ({
    firstMs,
    firstValue: at(firstValue, row),
    lastMs: at(lastMs, row),
    lastValue: at(lastValue, row),
    count: at(count, row),
    sum: at(sum, row),
    min: at(min, row),
    max: at(max, row),
    consumption: at(consumption, row),
    maxGapMs: at(gap, row),
  }))
}
