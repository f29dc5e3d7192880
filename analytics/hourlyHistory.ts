import type { Sample } from '../city/observation.ts'
import { bucketQueryOf } from '../store/bucketQuery.ts'
import type { Datastream } from '../store/catalogue/catalogue.ts'
import type { ObservationStore } from '../store/observations.ts'

/** An hour counts as measured when data cover at least this share of it. */
const LEAST_MEASURED = 0.5

/**
 * A Datastream's past by local hour: amounts for counters and intervals, means for states. Hours that were measured
 * too thinly are left out, never filled.
 */
export const hourlyHistory = async (
  observations: ObservationStore,
  datastream: Datastream,
  { fromMs, toMs, timeZone }: { fromMs: number; toMs: number; timeZone: string },
): Promise<Sample[]> => {
  const rows = await observations.buckets({
    ...bucketQueryOf(datastream),
    bucket: { unit: 'h', count: 1 },
    timeZone,
    fromMs,
    toMs,
  })
  return rows.flatMap(({ startMs, measured, mean, sum }) => {
    const value = datastream.kind === 'instant' ? mean : sum
    return value === null || measured < LEAST_MEASURED ? [] : [{ timeMs: startMs, value }]
  })
}
