import type { Point, Sample } from '../../city/observation.ts'
import type { TimeRange } from '../rolledBuckets.ts'
import {
  forgetOldest,
  isWithin,
  newestOf,
  putSample,
  readSeries,
  removeRange,
  type Series,
  seriesOf,
} from './recentSeries.ts'
import { readHorizon } from './retention.ts'
import { int } from './session.ts'
import type { Session } from './session.ts'

/**
 * The newest samples of each Datastream in memory, kept in step with every commit, deletion and drop: of each
 * everything that is stored from some time on, the newest sample at least. What asks for no more needs no query.
 */
export interface Recent {
  newest(datastreamId: number): Sample | undefined
  /** As `readRaw`; undefined when the range begins before what is in memory. */
  read(datastreamId: number, range: TimeRange, limit: number): Sample[] | undefined
  /** Called with points that are durable, in commit order. */
  take(points: readonly Point[]): void
  /** Called when a deletion is durable, before the next commit. When it throws, what is in memory is wrong. */
  deleted(session: Session, datastreamId: number, range: TimeRange): Promise<void>
  /** Called when the horizon has moved. */
  horizonMoved(horizonMs: number): void
  /** How many are in memory. */
  samples(): number
}

/** Most samples of one Datastream. */
const MAX_OF_ONE = 5_000

/** Starts with the newest sample of each Datastream. `maxSamples` of 16 bytes are kept in all, or two of each. */
export const loadRecent = async (session: Session, maxSamples: number): Promise<Recent> => {
  const all = new Map<number, Series>()
  let horizonMs = await readHorizon(session)
  for (const [id, sample] of await readNewest(session)) all.set(id, seriesOf(sample.timeMs, sample))
  let samples = all.size
  /** Whose turn it is to give up some of its samples. */
  let turn = all.values()

  const makeRoom = (): void => {
    while (samples > Math.max(maxSamples, 2 * all.size)) {
      const { value: series } = turn.next()
      if (series) samples -= forgetOldest(series)
      else turn = all.values()
    }
  }

  return {
    newest(datastreamId) {
      const series = all.get(datastreamId)
      return series && newestOf(series)
    },
    read(datastreamId, { fromMs, toMs }, limit) {
      const series = all.get(datastreamId)
      return series ? readSeries(series, { fromMs: Math.max(fromMs, horizonMs), toMs }, limit) : []
    },
    take(points) {
      for (const { datastreamId, timeMs, value } of points) {
        const series = all.get(datastreamId)
        if (!series) {
          // Nothing of it was stored before.
          all.set(datastreamId, seriesOf(0, { timeMs, value: value + 0 }))
          samples += 1
          continue
        }
        // -0 is 0, as in the file.
        samples += putSample(series, timeMs, value + 0)
        if (series.times.length > MAX_OF_ONE) samples -= forgetOldest(series)
      }
      makeRoom()
    },
    async deleted(session, datastreamId, range) {
      const series = all.get(datastreamId)
      if (!series) return
      // Before the horizon whole hours are deleted, and who is newest then the rollup alone knows.
      if (range.fromMs >= horizonMs && !isWithin(series, range)) {
        samples -= removeRange(series, range)
        return
      }
      const newest = (await readNewest(session, datastreamId)).get(datastreamId)
      samples -= series.times.length
      if (newest) {
        all.set(datastreamId, seriesOf(newest.timeMs, newest))
        samples += 1
      } else all.delete(datastreamId)
    },
    horizonMoved(movedMs) {
      horizonMs = movedMs
    },
    samples: () => samples,
  }
}

/** The newest sample of every Datastream or of one: the rollup knows those of cold, and hot is small. */
const readNewest = async (session: Session, datastreamId?: number): Promise<Map<number, Sample>> => {
  const condition = datastreamId === undefined ? 'true' : `ds = ${int(datastreamId)}`
  const [ids = [], times = [], values = []] = await session.columns(`
    select ds, max(t)::double, arg_max(v, (t, seq)) from (
      select ds, max(last_t)::double as t, arg_max(last_v, last_t) as v, -1::double as seq
        from rollup where ${condition} group by ds
      union all select ds, t, v, seq from hot where ${condition}
    ) group by ds`)
  return new Map(ids.map((id, row) => [id, { timeMs: times[row] ?? NaN, value: values[row] ?? NaN }]))
}
