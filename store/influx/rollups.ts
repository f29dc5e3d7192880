import type { Logger } from 'pino'
import type { Point } from '../../city/observation.ts'
import { HOUR_MS, hourOf, nextHourMs, sumUp } from '../../city/partials.ts'
import type { GroupCommit } from '../groupCommit.ts'
import type { InfluxQueries } from './connection.ts'
import { dirtyLine, healedLine, hourLine } from './hourRows.ts'
import { createHourStates, hoursOf, type Hour, type SeriesState } from './hourStates.ts'
import type { SampleReader } from './sampleReader.ts'
import { EXTENT, HOURS, ROLLUP_POLICY, rollupLine } from './schema.ts'

/** Datastreams whose finished hours are summed up in one round, and dirty hours healed in one. */
const SERIES_OF_A_ROUND = 200
const HOURS_OF_A_ROUND = 500
/** Dirty hours at which late appends wait until some are healed: they are kept in memory. */
const MAX_DIRTY_HOURS = 200_000
const AGAIN_AFTER_FAILURE_MS = 10_000

/**
 * Sums up finished hours, and hours that were touched later anew: always from the samples, by the functions that the
 * answers come from, so that late data, repeats and deletions heal.
 *
 * The order of writes is what a crash relies on. An hour is first summed up, then `rolled_ms` moves past it; from then
 * on whoever writes into it marks it dirty before, and the mark goes with the new sum, between two commits. So at
 * every moment an hour is behind `rolled_ms` and not dirty only if its sum is right.
 */
export interface Rollups {
  state(datastreamId: number): SeriesState
  /** Marks the hours that a commit touches and that are summed up already. Durable when it resolves. */
  beforeWrite(points: readonly Point[]): Promise<void>
  /** Notes how far the data reach, so that finished hours are summed up. */
  reached(points: readonly Pick<Point, 'datastreamId' | 'timeMs'>[]): void
  /** Notes points whose fate is not known: they may still appear, whatever is summed up meanwhile. */
  unknown(points: readonly Point[]): void
  /** Marks hours of one Datastream, whatever is known of them. Durable when it resolves. */
  mark(hours: readonly Hour[]): Promise<void>
  /** Resolves at once unless very many hours are dirty; then when some are healed. */
  room(): Promise<void>
  /** Sums up all that is finished or dirty now. */
  run(): Promise<void>
  /** True when every hour before `timeMs` of these Datastreams is summed up and no hour before it is dirty. */
  isSettled(datastreamIds: readonly number[], timeMs: number): boolean
  /**
   * Sums up until that is so, the last hour of a Datastream that is silent too. Appends before `timeMs` must be refused
   * meanwhile.
   */
  settle(datastreamIds: readonly number[], timeMs: number): Promise<void>
  /** Nothing starts afterwards; resolves when the running round has ended. */
  close(): Promise<void>
}

export interface RollupsOptions {
  queries: InfluxQueries
  samples: SampleReader
  /** Writes lines into the rollup's policy; resolves when all are durable. */
  write: (lines: readonly string[]) => Promise<void>
  commits: Pick<GroupCommit<Point>, 'exclusively'>
  /** How long finished hours gather before they are summed up. */
  gatherMs: number
  log: Logger
}

/** Loads how far each Datastream is summed up and what was dirty when the last run ended. */
export const createRollups = async (options: RollupsOptions): Promise<Rollups> => {
  const { queries, samples, write, commits, gatherMs, log } = options
  const states = createHourStates()
  const unfinished = new Set<number>()
  let suspects: Hour[] = []
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  const closing = new AbortController()

  const [extents = [], dirty = []] = await queries.ask([
    `select last("rolled_ms") from "${ROLLUP_POLICY}"."${EXTENT}" group by "ds"`,
    `select "dirty" from "${ROLLUP_POLICY}"."${HOURS}" where "dirty" > 0 group by "ds"`,
  ])
  for (const { tags, values } of extents) {
    const state = states.of(Number(tags['ds']))
    state.rolledMs = state.rollingMs = Number(values[0]?.[1] ?? 0)
  }
  for (const { tags, values } of dirty) {
    for (const [hourMs] of values) states.touch(Number(tags['ds']), Number(hourMs))
  }

  const mark = async (hours: readonly Hour[]): Promise<void> => {
    const fresh = hours.filter(({ datastreamId, hourMs }) => !states.of(datastreamId).dirty.has(hourMs))
    if (fresh.length > 0)
      await write(fresh.map(({ datastreamId, hourMs }) => dirtyLine(datastreamId, hourMs)))
    for (const { datastreamId, hourMs } of hours) states.touch(datastreamId, hourMs)
    if (hours.length > 0) wake()
  }

  /** Marks what an unknown fate may have touched, too. Only between commits or within one. */
  const markWith = async (hours: readonly Hour[]): Promise<void> => {
    const taken = suspects
    await mark([...hours, ...taken])
    suspects = suspects.slice(taken.length)
  }

  const rollRound = async (): Promise<void> => {
    const series = [...unfinished].slice(0, SERIES_OF_A_ROUND)
    if (series.length === 0) return
    // Between commits: what is written up to here can be read, and what comes later is marked.
    await commits.exclusively(async () => {
      for (const id of series) {
        const state = states.of(id)
        state.rollingMs = Math.max(state.rollingMs, hourOf(state.reachedMs))
      }
    })
    const lines: string[] = []
    const extents: { id: number; toMs: number }[] = []
    for (const id of series) {
      const { rolledMs, rollingMs } = states.of(id)
      const found = await samples.finishedHours(id, rolledMs, rollingMs)
      for (const partial of sumUp(found.samples, nextHourMs)) lines.push(hourLine(id, partial))
      extents.push({ id, toMs: found.toMs })
    }
    await write(lines)
    await write(extents.map(({ id, toMs }) => rollupLine(EXTENT, id, 0, { rolled_ms: toMs })))
    for (const { id, toMs } of extents) {
      const state = states.of(id)
      state.rolledMs = toMs
      if (toMs >= hourOf(state.reachedMs)) unfinished.delete(id)
    }
  }

  const dirtyHours = (): (Hour & { touch: number })[] => {
    const found: (Hour & { touch: number })[] = []
    for (const [datastreamId, state] of states.all()) {
      for (const [hourMs, touch] of state.dirty) {
        if (found.length >= HOURS_OF_A_ROUND) return found
        found.push({ datastreamId, hourMs, touch })
      }
    }
    return found
  }

  const healRound = async (): Promise<void> => {
    if (states.dirtyCount() === 0 && suspects.length === 0) return
    const hours = await commits.exclusively(async () => {
      await markWith([])
      return dirtyHours()
    })
    const sums = await samples.hours(hours)
    await commits.exclusively(async () => {
      const untouched = hours.filter(
        ({ datastreamId, hourMs, touch }) => states.of(datastreamId).dirty.get(hourMs) === touch,
      )
      await write(
        untouched.map(({ datastreamId, hourMs }) =>
          healedLine(datastreamId, hourMs, sums.get(datastreamId)?.get(hourMs)),
        ),
      )
      for (const { datastreamId, hourMs } of untouched) states.heal(datastreamId, hourMs)
    })
  }

  /** One after the other: a sum that was read before must never be written after a newer one. */
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const result = running.then(work)
    running = result.catch(() => undefined)
    return result
  }

  const isIdle = (): boolean => unfinished.size === 0 && states.dirtyCount() === 0 && suspects.length === 0

  const round = async (): Promise<void> => {
    await rollRound()
    await healRound()
  }

  const isSettled = (datastreamIds: readonly number[], timeMs: number): boolean =>
    datastreamIds.every((datastreamId) => states.of(datastreamId).rolledMs >= timeMs) &&
    suspects.every(({ hourMs }) => hourMs >= timeMs) &&
    !states.all().some(([, { dirty }]) => dirty.keys().some((hourMs) => hourMs < timeMs))

  const run = async (): Promise<void> => {
    while (!closing.signal.aborted && !isIdle()) {
      await inTurn(round)
    }
  }

  const wake = (afterMs = gatherMs): void => {
    if (closing.signal.aborted) return
    timer ??= setTimeout(() => {
      run().then(
        () => {
          timer = undefined
          if (!isIdle()) wake()
        },
        (error: unknown) => {
          timer = undefined
          log.warn({ err: error }, 'hours could not be summed up; they are read from the samples until then')
          wake(AGAIN_AFTER_FAILURE_MS)
        },
      )
    }, afterMs)
  }

  const reached: Rollups['reached'] = (points) => {
    for (const { datastreamId, timeMs } of points) {
      const state = states.of(datastreamId)
      if (timeMs <= state.reachedMs) continue
      state.reachedMs = timeMs
      if (timeMs - state.rollingMs >= HOUR_MS) unfinished.add(datastreamId)
    }
    if (unfinished.size > 0) wake()
  }

  if (states.dirtyCount() > 0) wake()

  return {
    state: (datastreamId) => states.of(datastreamId),
    beforeWrite: (points) =>
      markWith(hoursOf(points, (datastreamId, hourMs) => hourMs < states.of(datastreamId).rollingMs)),
    reached,
    unknown(points) {
      suspects.push(...hoursOf(points, () => true))
      wake(AGAIN_AFTER_FAILURE_MS)
    },
    mark,
    async room() {
      while (!closing.signal.aborted && states.dirtyCount() > MAX_DIRTY_HOURS) await inTurn(healRound)
    },
    run,
    isSettled,
    async settle(datastreamIds, timeMs) {
      reached(datastreamIds.map((datastreamId) => ({ datastreamId, timeMs })))
      while (!closing.signal.aborted && !isSettled(datastreamIds, timeMs)) await inTurn(round)
    },
    async close() {
      closing.abort()
      clearTimeout(timer)
      await running
    },
  }
}
