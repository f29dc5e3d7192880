import type { Bucket, BucketRow } from '../../../city/buckets.ts'
import { bucketQueryOf } from '../../../store/bucketQuery.ts'
import type { Datastream } from '../../../store/catalogue/catalogue.ts'
import type { ApiContext } from '../../context.ts'

/** A question for buckets of one Datastream, in its own kind and step. */
export const bucketsOf = (
  { observations }: Pick<ApiContext, 'observations'>,
  datastream: Datastream,
  { bucket, timeZone, fromMs, toMs }: { bucket: Bucket; timeZone: string; fromMs: number; toMs: number },
): Promise<BucketRow[]> =>
  observations.buckets({
    ...bucketQueryOf(datastream),
    bucket,
    timeZone,
    fromMs,
    toMs,
  })

export const HOURLY: Bucket = { unit: 'h', count: 1 }
export const DAILY: Bucket = { unit: 'd', count: 1 }

/** A local day and the one after it: three midnights. */
export interface TwoDays {
  todayMs: number
  tomorrowMs: number
  endMs: number
}

/** The local days around a time, 23, 24 or 25 hours long. */
export const twoDays = (timeMs: number, timeZone: string): TwoDays => {
  const today = Temporal.Instant.fromEpochMilliseconds(timeMs).toZonedDateTimeISO(timeZone).startOfDay()
  const midnight = (days: number): number => today.add({ days }).startOfDay().epochMilliseconds
  return { todayMs: midnight(0), tomorrowMs: midnight(1), endMs: midnight(2) }
}

/** Midnight `days` local days before. */
export const daysBefore = (todayMs: number, timeZone: string, days: number): number =>
  Temporal.Instant.fromEpochMilliseconds(todayMs).toZonedDateTimeISO(timeZone).subtract({ days }).startOfDay()
    .epochMilliseconds
