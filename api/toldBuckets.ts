import type { Bucket } from '../city/buckets.ts'
import { type Access, type DisclosedBucket, discloseBucket, discloseWideBucket } from '../city/disclosure.ts'
import { bucketQueryOf } from '../store/bucketQuery.ts'
import type { Datastream } from '../store/catalogue/catalogue.ts'
import { capacityOf } from './buildings.ts'
import type { ApiContext } from './context.ts'

const HOURLY: Bucket = { unit: 'h', count: 1 }

/** True for buckets that are made of whole local hours, of which people are told by what those hours tell. */
const isMadeOfHours = ({ unit, count }: Bucket): boolean => unit === 'd' || (unit === 'h' && count > 1)

/** A Datastream's buckets as they may be told, dense over the range. */
export const readToldBuckets = async (
  { observations, city }: Pick<ApiContext, 'observations' | 'city'>,
  datastream: Datastream,
  {
    access,
    bucket,
    ...range
  }: { access: Access; bucket: Bucket; timeZone: string; fromMs: number; toMs: number },
): Promise<DisclosedBucket[]> => {
  const capacity = capacityOf({ city }, datastream.path)
  const read = async (of: Bucket): Promise<DisclosedBucket[]> => {
    const rows = await observations.buckets({ ...bucketQueryOf(datastream), bucket: of, ...range })
    return rows.map((row) => discloseBucket(access, row, capacity))
  }
  const rows = await read(bucket)
  if (access !== 'levels' || !isMadeOfHours(bucket)) return rows
  const hours = await read(HOURLY)
  let next = 0
  return rows.map((row) => {
    const first = next
    while (next < hours.length && (hours[next]?.startMs ?? Infinity) < row.endMs) next += 1
    return discloseWideBucket(row, hours.slice(first, next), capacity)
  })
}
