import type { Sample } from '../../city/observation.ts'
import { HOUR_MS } from '../../city/partials.ts'
import type { ObservationStore } from '../../store/observations.ts'

const DAY_MS = 24 * HOUR_MS

/**
 * The newest sample before a time, however long ago, or undefined. Narrowed down by counts of buckets, which the store
 * has summed up; the samples of one hour at most are read.
 */
export const nearestBefore = async (
  observations: Pick<ObservationStore, 'raw' | 'buckets'>,
  datastreamId: number,
  timeMs: number,
): Promise<Sample | undefined> => {
  const newestOf = async (
    fromMs: number,
    toMs: number,
    bucket: { unit: 'h' | 'd'; count: number },
  ): Promise<{ startMs: number; endMs: number } | undefined> => {
    if (toMs <= fromMs) return undefined
    const rows = await observations.buckets({
      datastreamId,
      fromMs,
      toMs,
      kind: 'instant',
      bucket,
      timeZone: 'UTC',
      stepMs: HOUR_MS,
    })
    return rows.findLast(({ count }) => count > 0)
  }
  const nearMs = Math.max(0, timeMs - 31 * DAY_MS)
  const day =
    (await newestOf(nearMs, timeMs, { unit: 'd', count: 1 })) ?? (await yearsBefore(newestOf, nearMs))
  if (day === undefined) return undefined
  const hour = await newestOf(day.startMs, day.endMs, { unit: 'h', count: 1 })
  if (hour === undefined) return undefined
  const samples = await observations.raw({
    datastreamId,
    fromMs: hour.startMs,
    toMs: hour.endMs,
    limit: MAX_IN_AN_HOUR,
  })
  return samples.at(-1)
}

/** A reading each millisecond would fill an hour with this many. */
const MAX_IN_AN_HOUR = HOUR_MS

type NewestOf = (
  fromMs: number,
  toMs: number,
  bucket: { unit: 'h' | 'd'; count: number },
) => Promise<{ startMs: number; endMs: number } | undefined>

const yearsBefore = async (
  newestOf: NewestOf,
  beforeMs: number,
): Promise<{ startMs: number; endMs: number } | undefined> => {
  const year = await newestOf(0, beforeMs, { unit: 'd', count: 366 })
  return year && newestOf(year.startMs, year.endMs, { unit: 'd', count: 1 })
}
