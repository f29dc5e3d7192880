import { HOUR_MS } from '../../city/partials.ts'

/**
 * Fills the rollup from `source`, a query of (ds, t, v) with unique keys: one row a Datastream and hour, as
 * `city/partials.ts` sums up. Rows of one hour may stand in several rollup rows as long as their times do not
 * interleave: that is what lets compaction add rows without reading what is there.
 */
export const insertRollup = (source: string, run: string): string => `
insert into rollup
select ds, hour, count(*), sum(v), min(v), max(v),
  min(t), arg_min(v, t), max(t), arg_max(v, t), coalesce(sum(used), 0), coalesce(max(t - previous_t), 0), ${run}
from (
  select *, case when v >= previous_v then v - previous_v when previous_v is not null then greatest(v, 0) end as used
  from (
    select ds, t, v, t // ${HOUR_MS} as hour, lag(t) over w as previous_t, lag(v) over w as previous_v
    from (${source}) window w as (partition by ds, t // ${HOUR_MS} order by t)
  )
)
group by ds, hour order by ds, hour`
