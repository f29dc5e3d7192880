import { HOUR_MS } from '../../city/partials.ts'
import { insertRollup } from './rollupSql.ts'
import { int } from './session.ts'
import type { Session } from './session.ts'

/** Most hot rows moved in one transaction, as long as DuckDB has the memory for them. */
export const MAX_BATCH_ROWS = 250_000

/** So many runs of one level are sorted into one of the next; runs of the last level stay. */
const RUNS_OF_A_LEVEL = 4
export const LAST_LEVEL = 2

/**
 * Moves the oldest hot rows, at most `batchRows`, into cold in one transaction, so that every reader sees them in
 * exactly one place, and returns how many hot rows went. Rows beyond a Datastream's extent are only added; late ones
 * (at or before it) replace their keys in cold, and their hours are summed up anew.
 */
export const compactHot = (session: Session, batchRows: number): Promise<number> =>
  session.transaction(async () => {
    const oldest = await session.number('select min(seq) from hot')
    if (oldest === undefined) return 0
    const end = oldest + batchRows
    const moved = (await session.number(`select count(*)::double from hot where seq < ${int(end)}`)) ?? 0
    const run = int(((await session.number('select max(id) from run')) ?? 0) + 1)
    await session.run(`
      create or replace temp table batch as
        select ds, t::bigint as t, arg_max(v, seq) as v from hot where seq < ${int(end)} group by all;
      create or replace temp table late as
        select b.ds, b.t, b.t // ${HOUR_MS} as hour from batch b join extent e on b.ds = e.ds and b.t <= e.last_t;
    `)
    const late = (await session.number('select count(*)::double from late')) ?? 0
    if (late > 0) await removeLateKeys(session)
    await session.run(`insert into cold select ds, t, v, ${run} from batch order by ds, t`)
    if (late > 0) {
      await session.run(insertRollup(`select ds, t, v from cold where ${await lateHours(session)}`, run))
    }
    const inOrder = late > 0 ? `where (ds, t // ${HOUR_MS}) not in (select (ds, hour) from late)` : ''
    await session.run(insertRollup(`select ds, t, v from batch ${inOrder}`, run))
    await session.run(`
      create or replace temp table reached as
        select ds, max(last_t) as last_t from (
          select ds, max(t) as last_t from batch group by ds
          union all select ds, last_t from extent where ds in (select ds from batch)
        ) group by ds;
      delete from extent where ds in (select ds from reached);
      insert into extent select ds, last_t from reached;
      insert into run select ${run}, 0, count(*) from batch;
      delete from hot where seq < ${int(end)};
      drop table batch; drop table late; drop table reached;
    `)
    return moved
  })

const removeLateKeys = async (session: Session): Promise<void> => {
  const bounds = await boundsOfLate(session)
  await session.run(`
    delete from cold using late where cold.ds = late.ds and cold.t = late.t and ${bounds('cold.ds', 'cold.t')};
    delete from rollup using (select distinct ds, hour from late) l
      where rollup.ds = l.ds and rollup.hour = l.hour;
  `)
}

/** A condition on cold that selects the late rows' hours; the plain bounds let DuckDB skip most of the table. */
const lateHours = async (session: Session): Promise<string> =>
  `(ds, t // ${HOUR_MS}) in (select (ds, hour) from late) and ${(await boundsOfLate(session))('ds', 't')}`

const boundsOfLate = async (session: Session): Promise<(ds: string, t: string) => string> => {
  const [[minDs = 0] = [], [maxDs = 0] = [], [minHour = 0] = [], [maxHour = 0] = []] = await session.columns(
    'select min(ds), max(ds), min(hour)::double, max(hour)::double from late',
  )
  return (ds, t) =>
    `${ds} between ${int(minDs)} and ${int(maxDs)} and ${t} >= ${int(minHour * HOUR_MS)} and ${t} < ${int((maxHour + 1) * HOUR_MS)}`
}

/**
 * Sorts the oldest four runs of the lowest full level into one of the next, in one transaction; returns whether there
 * were any. So a stream's rows of a few days lie together however small the runs were that brought them.
 */
export const mergeRuns = (session: Session): Promise<boolean> =>
  session.transaction(async () => {
    const [[level] = []] = await session.columns(
      `select level from run where level < ${LAST_LEVEL} group by level having count(*) >= ${RUNS_OF_A_LEVEL}
       order by level limit 1`,
    )
    if (level === undefined) return false
    const [ids = []] = await session.columns(
      `select id from run where level = ${int(level)} order by id limit ${RUNS_OF_A_LEVEL}`,
    )
    const id = ((await session.number('select max(id) from run')) ?? 0) + 1
    const merged = `run in (${ids.map(int).join(', ')})`
    await session.run(`
      create or replace temp table merged_rollup as select * from rollup where ${merged};
      insert into cold select ds, t, v, ${int(id)} from cold where ${merged} order by ds, t;
      delete from cold where ${merged};
      delete from rollup where ${merged};
      insert into rollup select * replace (${int(id)} as run) from merged_rollup order by ds, first_t;
      insert into run select ${int(id)}, ${int(level + 1)}, sum(size) from run where id in (${ids.map(int).join(', ')});
      delete from run where id in (${ids.map(int).join(', ')});
      drop table merged_rollup;
    `)
    return true
  })
