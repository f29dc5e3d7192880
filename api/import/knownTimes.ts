import type { Sample } from '../../city/observation.ts'
import type { ObservationStore } from '../../store/observations.ts'

/** Samples that are asked of the store at once. */
const WINDOW = 4096
/** Samples of all series that are held at once; beyond it they are asked for again. */
const MAX_HELD = 1_000_000

/**
 * What the store already holds of the series of one import, asked for as little as possible: a time after the latest
 * is new without asking; for others the stretch of samples from there on is read once and kept up to date with what
 * the import itself adds.
 */
export interface KnownTimes {
  /** Learns the latest time of Datastreams that the import meets for the first time. */
  meet(datastreamIds: readonly number[]): Promise<void>
  /** The values before this batch of one Datastream, by time; `samples` is in the file's order. */
  before(datastreamId: number, samples: readonly Sample[]): Promise<ReadonlyMap<number, number>>
  /** Notes what has been appended. */
  added(datastreamId: number, samples: readonly Sample[]): void
}

interface Stretch {
  fromMs: number
  /** Exclusive. */
  toMs: number
  values: Map<number, number>
}

const NOTHING: ReadonlyMap<number, number> = new Map()

/** Knows nothing at first; sequential use (append, then ask again). */
export const createKnownTimes = (observations: ObservationStore): KnownTimes => {
  const latest = new Map<number, number>()
  const stretches = new Map<number, Stretch>()
  let held = 0

  const read = async (datastreamId: number, fromMs: number): Promise<Stretch> => {
    if (held > MAX_HELD) {
      stretches.clear()
      held = 0
    }
    held -= stretches.get(datastreamId)?.values.size ?? 0
    const toMs = (latest.get(datastreamId) ?? fromMs) + 1
    const samples = await observations.raw({ datastreamId, fromMs, toMs, limit: WINDOW })
    const stretch = {
      fromMs,
      toMs: samples.length < WINDOW ? Number.POSITIVE_INFINITY : (samples.at(-1)?.timeMs ?? fromMs) + 1,
      values: new Map(samples.map(({ timeMs, value }) => [timeMs, value])),
    }
    held += stretch.values.size
    stretches.set(datastreamId, stretch)
    return stretch
  }

  return {
    async meet(datastreamIds) {
      if (datastreamIds.length === 0) return
      for (const [id, { timeMs }] of await observations.latest(datastreamIds)) latest.set(id, timeMs)
    },
    async before(datastreamId, samples) {
      const latestMs = latest.get(datastreamId) ?? Number.NEGATIVE_INFINITY
      const times = samples.map(({ timeMs }) => timeMs).filter((timeMs) => timeMs <= latestMs)
      if (times.length === 0) return NOTHING
      const values = new Map<number, number>()
      for (const timeMs of times.sort((a, b) => a - b)) {
        let stretch = stretches.get(datastreamId)
        if (!stretch || timeMs < stretch.fromMs || timeMs >= stretch.toMs)
          stretch = await read(datastreamId, timeMs)
        const value = stretch.values.get(timeMs)
        if (value !== undefined) values.set(timeMs, value)
      }
      return values
    },
    added(datastreamId, samples) {
      const stretch = stretches.get(datastreamId)
      let latestMs = latest.get(datastreamId) ?? Number.NEGATIVE_INFINITY
      for (const { timeMs, value } of samples) {
        latestMs = Math.max(latestMs, timeMs)
        if (!stretch || timeMs < stretch.fromMs || timeMs >= stretch.toMs) continue
        if (!stretch.values.has(timeMs)) held += 1
        stretch.values.set(timeMs, value)
      }
      latest.set(datastreamId, latestMs)
    },
  }
}
