import type { Point, Sample } from '../../city/observation.ts'
import { int } from './session.ts'
import type { Session } from './session.ts'

/** The newest sample of each Datastream, in memory, kept in step with every commit and deletion. */
export interface Latest {
  get(datastreamId: number): Sample | undefined
  /** Called with points that are durable, in commit order. */
  take(points: readonly Point[]): void
  /** Looks one Datastream up anew, after a deletion. */
  reload(session: Session, datastreamId: number): Promise<void>
}

/** Reads all newest samples: the rollup knows them for cold, and hot is small. */
export const loadLatest = async (session: Session): Promise<Latest> => {
  const samples = new Map<number, Sample>()
  const read = async (condition: string): Promise<void> => {
    const [ids = [], times = [], values = []] = await session.columns(`
      select ds, max(t)::double, arg_max(v, (t, seq)) from (
        select ds, max(last_t)::double as t, arg_max(last_v, last_t) as v, -1::double as seq
          from rollup where ${condition} group by ds
        union all select ds, t, v, seq from hot where ${condition}
      ) group by ds`)
    ids.forEach((id, row) => samples.set(id, { timeMs: times[row] ?? NaN, value: values[row] ?? NaN }))
  }
  await read('true')

  return {
    get(datastreamId) {
      const sample = samples.get(datastreamId)
      return sample && { ...sample }
    },
    take(points) {
      for (const { datastreamId, timeMs, value } of points) {
        const sample = samples.get(datastreamId)
        if (!sample) samples.set(datastreamId, { timeMs, value: value + 0 })
        else if (timeMs >= sample.timeMs) {
          sample.timeMs = timeMs
          sample.value = value + 0
        }
      }
    },
    async reload(session, datastreamId) {
      samples.delete(datastreamId)
      await read(`ds = ${int(datastreamId)}`)
    },
  }
}
