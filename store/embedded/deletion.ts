import { HOUR_MS, hourOf } from '../../city/partials.ts'
import type { TimeRange } from '../rolledBuckets.ts'
import { readHorizon } from './retention.ts'
import { insertRollup } from './rollupSql.ts'
import { int } from './session.ts'
import type { Session } from './session.ts'

/** How many keys a deletion found, and how many hot rows (repeats included) it took. */
export interface Deleted {
  keys: number
  hotRows: number
}

/**
 * Deletes a range of one Datastream everywhere in one transaction: samples, and before the horizon the hours that the
 * range holds whole.
 */
export const deleteSamples = (session: Session, ds: number, asked: TimeRange): Promise<Deleted> =>
  session.transaction(async () => {
    const horizonMs = await readHorizon(session)
    const frozen = await deleteFrozen(session, ds, { ...asked, toMs: Math.min(asked.toMs, horizonMs) })
    const [fromMs, toMs] = [Math.max(asked.fromMs, horizonMs), asked.toMs]
    if (fromMs >= toMs) return { keys: frozen, hotRows: 0 }
    const inRange = `ds = ${int(ds)} and t >= ${int(fromMs)} and t < ${int(toMs)}`
    const [[keys = 0] = [], [hotRows = 0] = []] = await session.columns(
      `select count(distinct t)::double, coalesce(sum(is_hot), 0)::double from (
         select t, 1 as is_hot from hot where ${inRange}
         union all select t::double, 0 from cold where ${inRange})`,
    )
    if (keys === 0) return { keys: frozen, hotRows }
    const [hour, nextHour] = [hourOf(fromMs), hourOf(toMs + HOUR_MS - 1)]
    await session.run(`
      delete from hot where ${inRange};
      delete from cold where ${inRange};
      delete from rollup where ds = ${int(ds)} and first_t >= ${int(hour)} and first_t < ${int(nextHour)};
    `)
    await session.run(
      insertRollup(
        `select ds, t, v from cold where ds = ${int(ds)} and t >= ${int(hour)} and t < ${int(nextHour)}`,
        '(select coalesce(max(id), 0) from run)',
      ),
    )
    return { keys: frozen + keys, hotRows }
  })

/** Deletes the sums of the whole hours in a range before the horizon; returns how many samples they were of. */
const deleteFrozen = async (session: Session, ds: number, { fromMs, toMs }: TimeRange): Promise<number> => {
  const [hour, endMs] = [hourOf(fromMs + HOUR_MS - 1), hourOf(toMs)]
  const hours = `from rollup where ds = ${int(ds)} and first_t >= ${int(hour)} and first_t < ${int(endMs)}`
  const samples = (await session.number(`select coalesce(sum(count), 0)::double ${hours}`)) ?? 0
  if (samples > 0) await session.run(`delete ${hours}`)
  return samples
}
