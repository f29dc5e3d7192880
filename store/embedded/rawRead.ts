import type { Sample } from '../../city/observation.ts'
import { HOUR_MS, hourOf } from '../../city/partials.ts'
import { int } from './session.ts'
import type { Session } from './session.ts'

export interface TimeRange {
  fromMs: number
  toMs: number
}

/** Samples of the hot table in a range, the last value of each time, ascending. */
export const readHot = async (
  session: Session,
  ds: number,
  { fromMs, toMs }: TimeRange,
): Promise<Sample[]> => {
  const [times = [], values = []] = await session.columns(
    `select t, v from hot where ds = ${int(ds)} and t >= ${int(fromMs)} and t < ${int(toMs)} order by seq`,
  )
  const last = new Map<number, number>()
  times.forEach((timeMs, row) => last.set(timeMs, values[row] ?? NaN))
  return Array.from(last, ([timeMs, value]) => ({ timeMs, value })).sort((a, b) => a.timeMs - b.timeMs)
}

/** Samples of the cold table in ranges that ascend and do not overlap, ascending. */
export const readCold = async (
  session: Session,
  ds: number,
  ranges: readonly TimeRange[],
  limit?: number,
): Promise<Sample[]> => {
  if (ranges.length === 0) return []
  const selects = ranges.map(
    ({ fromMs, toMs }) =>
      `select t::double as t, v from cold where ds = ${int(ds)} and t >= ${int(fromMs)} and t < ${int(toMs)}`,
  )
  const [times = [], values = []] = await session.columns(
    `${selects.join(' union all ')} order by t ${limit === undefined ? '' : `limit ${int(limit)}`}`,
  )
  return times.map((timeMs, row) => ({ timeMs, value: values[row] ?? NaN }))
}

/** Joins two ascending lists; where both have a time, hot is newer. */
export const mergeSamples = (cold: readonly Sample[], hot: readonly Sample[]): Sample[] => {
  if (hot.length === 0) return [...cold]
  const merged: Sample[] = []
  let at = 0
  for (const sample of hot) {
    for (let next = cold[at]; next && next.timeMs < sample.timeMs; next = cold[at]) {
      merged.push(next)
      at += 1
    }
    if (cold[at]?.timeMs === sample.timeMs) at += 1
    merged.push(sample)
  }
  for (; at < cold.length; at += 1) merged.push(cold[at] as Sample)
  return merged
}

export const readRaw = async (
  session: Session,
  ds: number,
  range: TimeRange,
  limit: number,
): Promise<Sample[]> => {
  const [hot, cold] = [await readHot(session, ds, range), await readCold(session, ds, [range], limit)]
  return mergeSamples(cold, hot).slice(0, limit)
}

/** The nearest samples before `fromMs` and at or after `toMs`. Whole hours are looked up in the rollup. */
export const readNeighbours = async (
  session: Session,
  ds: number,
  { fromMs, toMs }: TimeRange,
): Promise<{ before: Sample | undefined; after: Sample | undefined }> => {
  const first = async (sql: string): Promise<Sample | undefined> => {
    const [[timeMs] = [], [value] = []] = await session.columns(`${sql} limit 1`)
    return timeMs === undefined || value === undefined ? undefined : { timeMs, value }
  }
  const hour = hourOf(fromMs)
  const nextHour = hourOf(toMs + HOUR_MS - 1)
  const cold = `select t::double as t, v from cold where ds = ${int(ds)}`
  const rollup = (edge: 'first' | 'last'): string =>
    `select ${edge}_t::double as t, ${edge}_v from rollup where ds = ${int(ds)}`
  const hot = `select t, v from hot where ds = ${int(ds)}`

  const coldBefore =
    (await first(`${cold} and t >= ${int(hour)} and t < ${int(fromMs)} order by t desc`)) ??
    (await first(`${rollup('last')} and last_t < ${int(hour)} order by t desc`))
  const coldAfter =
    (await first(`${cold} and t >= ${int(toMs)} and t < ${int(nextHour)} order by t`)) ??
    (await first(`${rollup('first')} and first_t >= ${int(nextHour)} order by t`))
  const hotBefore = await first(`${hot} and t < ${int(fromMs)} order by t desc, seq desc`)
  const hotAfter = await first(`${hot} and t >= ${int(toMs)} order by t, seq desc`)
  return {
    before: hotBefore && hotBefore.timeMs >= (coldBefore?.timeMs ?? -Infinity) ? hotBefore : coldBefore,
    after: hotAfter && hotAfter.timeMs <= (coldAfter?.timeMs ?? Infinity) ? hotAfter : coldAfter,
  }
}
