import type { Bucket, BucketRow } from '../../../city/buckets.ts'
import { accessOfParts } from '../../../city/disclosure.ts'
import { thingOf } from '../../../city/names.ts'
import type { Kind } from '../../../city/observation.ts'
import type { Datastream } from '../../../store/catalogue/catalogue.ts'
import type { ApiContext } from '../../context.ts'
import { bucketsOf } from './store.ts'
import { amountOf } from './energyHours.ts'
import { PAGE_ROLE } from './readings.ts'

/**
 * The meters whose sum is a building's electricity: its own, else those of its parts, without the ones below another.
 * None where so few parts are measured that their sum would tell one of them.
 */
export const metersOf = ({ catalogue }: Pick<ApiContext, 'catalogue'>, building: string): Datastream[] => {
  const own = catalogue.datastreams.find(`${building}/energy`)
  if (own) return [own]
  const all = catalogue.datastreams.list(building).filter(({ property }) => property === 'energy')
  const things = all.map(({ path }) => thingOf(path))
  const parts = all.filter(({ path }) => !things.some((thing) => thingOf(path).startsWith(`${thing}/`)))
  const isAdditive = parts.every(({ unit }) => unit === parts[0]?.unit)
  const [first] = parts
  const isTold = first && accessOfParts(PAGE_ROLE, first, parts.length) === 'exact'
  return isAdditive && isTold ? parts : []
}

/** Buckets of the meters together: a sum only where each of them has one. `kind` says how to read the rows. */
export const meterBuckets = async (
  context: Pick<ApiContext, 'observations'>,
  meters: readonly Datastream[],
  query: { bucket: Bucket; timeZone: string; fromMs: number; toMs: number },
): Promise<{ kind: Kind; rows: BucketRow[] }> => {
  const [first, ...others] = await Promise.all(
    meters.map(async (meter) => ({ kind: meter.kind, rows: await bucketsOf(context, meter, query) })),
  )
  if (!first) return { kind: 'interval', rows: [] }
  if (others.length === 0) return first
  const all = [first, ...others]
  return {
    kind: 'interval',
    rows: first.rows.map((row, index): BucketRow => {
      const amounts = all.map(({ kind, rows }) => {
        const part = rows[index]
        return part ? amountOf(kind, part) : null
      })
      const sum = amounts.reduce<number | null>(
        (total, amount) => (total === null || amount === null ? null : total + amount),
        0,
      )
      const measured = Math.min(...all.map(({ rows }) => rows[index]?.measured ?? 0))
      return { ...row, sum, measured, mean: null, min: null, max: null, last: null }
    }),
  }
}
