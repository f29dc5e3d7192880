import type { Logger } from 'pino'
import type { Catalogue } from './catalogue/catalogue.ts'
import type { ObservationStore } from './observations.ts'
import { createDropJob, horizonAllowedMs } from './retention.ts'

const WEEK_MS = 7 * 86_400_000

/** Days that readings of a property are kept, and their sums: `{"occupancy": 400}`; of others for ever. */
export type KeepDays = Readonly<Record<string, number>>

interface Parts {
  catalogue: Pick<Catalogue, 'datastreams' | 'audit'>
  observations: Pick<ObservationStore, 'latest' | 'raw' | 'deleteRange'>
  keepDays: KeepDays
  now: () => number
}

/**
 * Deletes readings and hourly sums of the properties that are kept for some days only, up to a UTC midnight so many days
 * ago (by the clock, and by the newest reading of all, so that a clock that is far ahead deletes nothing). A week at a
 * time, for commits wait meanwhile. Resolves with the readings and hours that were deleted.
 */
export const dropExpired = async ({ catalogue, observations, keepDays, now }: Parts): Promise<number> => {
  const all = catalogue.datastreams.list()
  const latest = await observations.latest(all.map(({ id }) => id))
  const newestMs = latest
    .values()
    .reduce<number | undefined>((newest, { timeMs }) => Math.max(newest ?? timeMs, timeMs), undefined)
  let dropped = 0
  for (const { id: datastreamId, path, property } of all) {
    const days = Object.hasOwn(keepDays, property) ? keepDays[property] : undefined
    if (days === undefined) continue
    const toMs = horizonAllowedMs(now(), newestMs, days)
    const before = dropped
    for (;;) {
      const [first] = await observations.raw({ datastreamId, fromMs: 0, toMs, limit: 1 })
      if (!first) break
      const endMs = Math.min(toMs, first.timeMs + WEEK_MS)
      dropped += await observations.deleteRange({ datastreamId, fromMs: first.timeMs, toMs: endMs })
    }
    // Where samples have been dropped already, their sums.
    dropped += await observations.deleteRange({ datastreamId, fromMs: 0, toMs })
    if (dropped === before) continue
    catalogue.audit.record({
      actor: { kind: 'city', id: 'retention' },
      action: 'readings.expire',
      subject: path,
      detail: { days, dropped: dropped - before },
    })
  }
  return dropped
}

/** Looks for expired readings some time after the start and every hour from then on; does nothing without properties. */
export const createPropertyRetention = ({
  log,
  ...parts
}: Parts & { log: Logger }): { close(): Promise<void> } => {
  if (Object.keys(parts.keepDays).length === 0) return { close: () => Promise.resolve() }
  return createDropJob(async () => {
    await dropExpired(parts)
  }, log)
}
