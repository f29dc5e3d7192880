import { horizonAllowedMs } from '../retention.ts'
import { int } from './session.ts'
import type { Session } from './session.ts'

/** Most rows deleted in one transaction: about as long as compaction keeps other maintenance waiting. */
const MAX_SLICE_ROWS = 1_000_000

/** Before it there are hourly sums alone; 0 when samples were never dropped. */
export const readHorizon = async (session: Session): Promise<number> =>
  (await session.number('select max(horizon_ms) from retention')) ?? 0

export const readAllowedHorizon = async (
  session: Session,
  { now, rawDays }: { now: () => number; rawDays: number },
): Promise<number> => {
  const newestMs = await session.number(
    'select max(t) from (select max(last_t)::double as t from rollup union all select max(t) from hot)',
  )
  return horizonAllowedMs(now(), newestMs, rawDays)
}

/** Moves the horizon, in one transaction; nothing before it may be hot, so that all of it is in the rollup. */
export const moveHorizon = (session: Session, horizonMs: number): Promise<void> =>
  session.transaction(async () => {
    const hot = await session.number(`select count(*)::double from hot where t < ${int(horizonMs)}`)
    if (hot !== 0) throw new Error(`${hot} rows before the horizon are not compacted yet`)
    await session.run(`delete from retention; insert into retention values (${int(horizonMs)})`)
  })

/**
 * Deletes some of the samples before the horizon, which nobody reads any more, in one transaction; returns how many.
 * What a crash leaves is deleted by the next run.
 */
export const dropSlice = (session: Session, horizonMs: number): Promise<number> =>
  session.transaction(async () => {
    const slice = `select rowid from cold where t < ${int(horizonMs)} limit ${MAX_SLICE_ROWS}`
    const rows = (await session.number(`select count(*)::double from (${slice})`)) ?? 0
    if (rows > 0) await session.run(`delete from cold where rowid in (${slice})`)
    return rows
  })
