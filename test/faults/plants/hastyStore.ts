import type { Point } from '../../../city/observation.ts'
import type { ObservationStore } from '../../../store/observations.ts'

const WRITTEN_EVERY_MS = 100

/** Acknowledges before commit: `append` resolves at once, and what it was given is written ten times a second. */
export const hasty = (store: ObservationStore): ObservationStore => {
  let waiting: Point[] = []
  setInterval(() => {
    const points = waiting
    waiting = []
    store.append(points).catch(() => undefined)
  }, WRITTEN_EVERY_MS).unref()
  return {
    ...store,
    append(points) {
      for (const point of points) waiting.push(point)
      return Promise.resolve()
    },
  }
}
