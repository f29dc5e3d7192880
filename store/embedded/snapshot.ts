import path from 'node:path'
import { HOUR_MS } from '../../city/partials.ts'
import { FILE_ROWS, fileName, HOURS_FILE, type SnapshotFile, sqlText } from '../snapshot.ts'
import { readHorizon } from './retention.ts'
import { int } from './session.ts'
import type { Session } from './session.ts'

/**
 * Writes all samples that the session's transaction sees as Parquet files, a piece at a time: with a pause for others
 * between two, and sorted without much memory.
 */
export const writeSamples = async (
  session: Session,
  options: { folder: string; onFile: (file: SnapshotFile) => void; signal: AbortSignal },
): Promise<void> => {
  let number = 0
  const horizonMs = await readHorizon(session)
  if (horizonMs > 0) {
    const file = path.join(options.folder, HOURS_FILE)
    await session.run(
      `copy (select ${int(horizonMs)}::bigint as horizon_ms, rollup.* exclude (run) from rollup
        where first_t < ${int(horizonMs)} order by ds, first_t) to ${sqlText(file)} (format parquet, compression zstd)`,
    )
    options.onFile({ path: file, points: 0 })
  }
  for (const piece of await piecesOf(session)) {
    const where = `${piece} and t >= ${int(horizonMs)}`
    options.signal.throwIfAborted()
    const file = path.join(options.folder, fileName((number += 1)))
    await session.run(
      `copy (${newestOfEach(where)} order by ds, t) to ${sqlText(file)} (format parquet, compression zstd)`,
    )
    const points = (await session.number(`select count(*)::double from read_parquet(${sqlText(file)})`)) ?? 0
    options.onFile({ path: file, points })
  }
}

/** The rows of a piece, one a key: the last in hot, else the one in cold. */
const newestOfEach = (where: string): string => `
  select ds, t::bigint as t, arg_max(v, seq) as v from hot where ${where} group by ds, t
  union all
  select ds, t, v from (select ds, t, v from cold where ${where}) c
    where not exists (select 1 from (select ds, t from hot where ${where}) h where h.ds = c.ds and h.t = c.t)`

/** Conditions that cut all rows into pieces of about `FILE_ROWS`, ascending: some Datastreams, or some time of one. */
const piecesOf = async (session: Session): Promise<string[]> => {
  const [ids = [], counts = [], firsts = [], lasts = []] = await session.columns(`
    select ds, count(*)::double, min(t)::double, max(t)::double
    from (select ds, t::bigint as t from hot union all select ds, t from cold) group by ds order by ds`)
  const pieces: string[] = []
  let from: number | undefined
  let rows = 0
  const end = (ds: number): void => {
    if (from !== undefined) pieces.push(`ds >= ${int(from)} and ds < ${int(ds)}`)
    from = undefined
    rows = 0
  }
  ids.forEach((ds, i) => {
    const count = counts[i] ?? 0
    if (rows + count > FILE_ROWS) end(ds)
    if (count > FILE_ROWS) {
      pieces.push(...spansOf(ds, Math.ceil(count / FILE_ROWS), firsts[i] ?? 0, lasts[i] ?? 0))
      return
    }
    from ??= ds
    rows += count
  })
  end((ids.at(-1) ?? 0) + 1)
  return pieces
}

/** One Datastream in spans of time that begin with an hour, so that no hour is in two files. */
const spansOf = (ds: number, spans: number, firstMs: number, lastMs: number): string[] => {
  const spanMs = Math.ceil((lastMs + 1 - firstMs) / spans / HOUR_MS) * HOUR_MS
  const startMs = Math.floor(firstMs / HOUR_MS) * HOUR_MS
  const pieces: string[] = []
  for (let at = startMs; at <= lastMs; at += spanMs) {
    pieces.push(`ds = ${int(ds)} and t >= ${int(at)} and t < ${int(at + spanMs)}`)
  }
  return pieces
}
