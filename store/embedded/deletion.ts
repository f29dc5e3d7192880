import { HOUR_MS, hourOf } from '../../city/partials.ts'
import type { TimeRange } from '../rolledBuckets.ts'
import { insertRollup } from './rollupSql.ts'
import { int } from './session.ts'
import type { Session } from './session.ts'

/** How many keys a deletion found, and how many hot rows (repeats included) it took. */
export interface Deleted {
  keys: number
  hotRows: number
}

/** Deletes a range of one Datastream everywhere in one transaction. */
export const deleteSamples = (session: Session, ds: number, { fromMs, toMs }: TimeRange): Promise<Deleted> =>
  session.transaction(async () => {
    const inRange = `ds = ${int(ds)} and t >= ${int(fromMs)} and t < ${int(toMs)}`
    const [[keys = 0] = [], [hotRows = 0] = []] = await session.columns(
      `select count(distinct t)::double, coalesce(sum(is_hot), 0)::double from (
         select t, 1 as is_hot from hot where ${inRange}
         union all select t::double, 0 from cold where ${inRange})`,
    )
    if (keys === 0) return { keys, hotRows }
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
    return { keys, hotRows }
  })
