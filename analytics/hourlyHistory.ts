import { accessOf, discloseBucket } from '../city/disclosure.ts'
import { type Label, reasonsWithin } from '../city/labels.ts'
import type { Sample } from '../city/observation.ts'
import { bucketQueryOf } from '../store/bucketQuery.ts'
import type { Datastream } from '../store/catalogue/catalogue.ts'
import type { ObservationStore } from '../store/observations.ts'

/** An hour counts as measured when data cover at least this share of it. */
const LEAST_MEASURED = 0.5

/**
 * A Datastream's past by local hour: amounts for counters and intervals, means for states. Hours that were measured
 * too thinly are left out, never filled, and so are those that somebody has marked as bad.
 *
 * People are known here as everybody knows them, too few of them as none: what a model has learned, what it forecasts
 * and how right it was can then tell nothing more of them either.
 */
export const hourlyHistory = async (
  observations: ObservationStore,
  datastream: Datastream,
  {
    fromMs,
    toMs,
    timeZone,
    labels = [],
  }: { fromMs: number; toMs: number; timeZone: string; labels?: readonly Label[] },
): Promise<Sample[]> => {
  const rows = await observations.buckets({
    ...bucketQueryOf(datastream),
    bucket: { unit: 'h', count: 1 },
    timeZone,
    fromMs,
    toMs,
  })
  const access = accessOf('citizen', datastream)
  return rows.flatMap((row) => {
    const { startMs, endMs, measured, count } = row
    const { mean, sum } = discloseBucket(access, row)
    const few = access === 'levels' && count > 0 ? 0 : null
    const value = datastream.kind === 'instant' ? (mean ?? few) : sum
    if (value === null || measured < LEAST_MEASURED) return []
    const isBad = reasonsWithin(labels, datastream.path, { fromMs: startMs, toMs: endMs }).length > 0
    return isBad ? [] : [{ timeMs: startMs, value }]
  })
}
