import type { Point } from '../../city/observation.ts'
import { hourOf } from '../../city/partials.ts'

/**
 * What is known of each Datastream's rollup. An hour is answered from the rollup when it lies before `rolledMs` and is
 * not dirty. `dirty` mirrors what is marked on the server; its number grows with each touch, so that whoever sums the
 * hour up can tell whether it was touched meanwhile.
 */
export interface SeriesState {
  /** Hours before it are summed up. */
  rolledMs: number
  /** Hours before it are summed up or being summed up: what touches them must be marked first. */
  rollingMs: number
  /** The newest time that was seen. */
  reachedMs: number
  dirty: Map<number, number>
  /** Grows whenever an hour becomes dirty: a reader that sees it grow reads again. */
  changes: number
}

export interface HourStates {
  of(datastreamId: number): SeriesState
  all(): MapIterator<[number, SeriesState]>
  dirtyCount(): number
  touch(datastreamId: number, hourMs: number): void
  /** Takes away an hour that was healed. */
  heal(datastreamId: number, hourMs: number): void
}

export const createHourStates = (): HourStates => {
  const states = new Map<number, SeriesState>()
  let dirtyCount = 0
  let touches = 0
  const of = (datastreamId: number): SeriesState => {
    let state = states.get(datastreamId)
    if (!state) {
      state = { rolledMs: 0, rollingMs: 0, reachedMs: 0, dirty: new Map(), changes: 0 }
      states.set(datastreamId, state)
    }
    return state
  }
  return {
    of,
    all: () => states.entries(),
    dirtyCount: () => dirtyCount,
    touch(datastreamId, hourMs) {
      const state = of(datastreamId)
      if (!state.dirty.has(hourMs)) dirtyCount += 1
      state.dirty.set(hourMs, (touches += 1))
      state.changes += 1
    },
    heal(datastreamId, hourMs) {
      if (of(datastreamId).dirty.delete(hourMs)) dirtyCount -= 1
    },
  }
}

/** A Datastream's hour as a key of sets. */
export interface Hour {
  datastreamId: number
  hourMs: number
}

/** The distinct hours of points that `isWanted`. */
export const hoursOf = (
  points: readonly Point[],
  isWanted: (datastreamId: number, hourMs: number) => boolean,
): Hour[] => {
  const found = new Map<string, Hour>()
  for (const { datastreamId, timeMs } of points) {
    const hourMs = hourOf(timeMs)
    if (isWanted(datastreamId, hourMs)) found.set(`${datastreamId} ${hourMs}`, { datastreamId, hourMs })
  }
  return [...found.values()]
}
