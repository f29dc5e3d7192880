import type { CommittedReading, Intake } from '../store/intake.ts'

/**
 * What one live listener has not been told yet: bounded, in commit order. When too much waits, only the newest
 * reading of each Datastream is kept; when even those are too many, the listener has to come again.
 */
export interface LiveFeed {
  /** Takes all that waits; resolves with an empty list after `timeoutMs` of silence, with undefined when it is over. */
  take(timeoutMs: number): Promise<CommittedReading[] | undefined>
  close(): void
}

export const openLiveFeed = (
  intake: Pick<Intake, 'onCommit'>,
  { accepts, maxWaiting }: { accepts: (reading: CommittedReading) => boolean; maxWaiting: number },
): LiveFeed => {
  let waiting: CommittedReading[] = []
  let over = false
  let wake: (() => void) | undefined

  const stop = intake.onCommit((committed) => {
    for (const reading of committed) if (accepts(reading)) waiting.push(reading)
    if (waiting.length > maxWaiting) waiting = newestOfEach(waiting)
    if (waiting.length > maxWaiting) close()
    if (waiting.length > 0) wake?.()
  })

  const close = (): void => {
    over = true
    waiting = []
    stop()
    wake?.()
  }

  return {
    close,
    async take(timeoutMs) {
      if (waiting.length === 0 && !over) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
        wake = undefined
      }
      if (over) return undefined
      const taken = waiting
      waiting = []
      return taken
    },
  }
}

/** By Datastream the reading with the greatest time, ascending by time. */
const newestOfEach = (readings: readonly CommittedReading[]): CommittedReading[] => {
  const newest = new Map<number, CommittedReading>()
  for (const reading of readings) {
    const known = newest.get(reading.datastreamId)
    if (!known || reading.timeMs >= known.timeMs) newest.set(reading.datastreamId, reading)
  }
  return [...newest.values()].sort((a, b) => a.timeMs - b.timeMs)
}
