import type { Sample } from '../../city/observation.ts'
import { HOUR_MS, hourOf } from '../../city/partials.ts'
import type { TimeRange } from '../rolledBuckets.ts'
import { readHorizon } from './retention.ts'
import { int } from './session.ts'
import type { Session } from './session.ts'

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
  { fromMs, toMs }: TimeRange,
  limit: number,
): Promise<Sample[]> => {
  const range = { fromMs: Math.max(fromMs, await readHorizon(session)), toMs }
  if (range.fromMs >= toMs) return []
  const [hot, cold] = [await readHot(session, ds, range), await readCold(session, ds, [range], limit)]
  return mergeSamples(cold, hot).slice(0, limit)
}

/** The nearest samples before `fromMs` and at or after `toMs`. Whole hours are looked up in the rollup. */
export const readNeighbours = async (
  session: Session,
  ds: number,
  { fromMs, toMs }: TimeRange,
): Promise<{ before: Sample | undefined; after: Sample | undefined }> => {
  const hour = int(hourOf(fromMs))
  const nextHour = int(hourOf(toMs + HOUR_MS - 1))
  const [from, to] = [int(fromMs), int(toMs)]
  const stream = `where ds = ${int(ds)}`
  // Even candidates lie before, odd ones after; hot (2, 3) comes last, for it is newer where both have the time.
  const [candidates = [], times = [], values = []] = await session.columns(
    `${[
      `select 0, t::double, v from cold ${stream} and t >= ${hour} and t < ${from} order by t desc`,
      `select 0, last_t::double, last_v from rollup ${stream} and last_t < ${hour} order by last_t desc`,
      `select 2, t, v from hot ${stream} and t < ${from} order by t desc, seq desc`,
      `select 1, t::double, v from cold ${stream} and t >= ${to} and t < ${nextHour} order by t`,
      `select 1, first_t::double, first_v from rollup ${stream} and first_t >= ${nextHour} order by first_t`,
      `select 3, t, v from hot ${stream} and t >= ${to} order by t, seq desc`,
    ]
      .map((candidate) => `(${candidate} limit 1)`)
      .join(' union all ')} order by 1`,
  )
  let before: Sample | undefined
  let after: Sample | undefined
  times.forEach((timeMs, row) => {
    const sample = { timeMs, value: values[row] ?? NaN }
    if ((candidates[row] ?? 0) % 2 === 0) {
      if (!before || timeMs >= before.timeMs) before = sample
    } else if (!after || timeMs <= after.timeMs) {
      after = sample
    }
  })
  return { before, after }
}
