import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import type { ObservationStore } from '../store/observations.ts'
import type { Snapshot } from '../store/snapshot.ts'
import type { DataFiles } from './files.ts'

/** A server that is started together with the city may need so long to answer. */
const INFLUX_WAIT_MS = 60_000

/** The store that the settings name, and how a backup copies it; only the one that is used is loaded. */
export const openObservations = async (
  config: Pick<Config, 'store' | 'influxUrl' | 'rawDays'> & { now: () => number },
  files: Pick<DataFiles, 'observations'>,
  log: Logger,
  signal: AbortSignal,
): Promise<ObservationStore & { snapshot: Snapshot }> => {
  if (config.store === 'influx' && config.influxUrl !== undefined) {
    const { createInfluxStore } = await import('../store/influx/influxStore.ts')
    const { snapshotByReading } = await import('../store/snapshotByReading.ts')
    const { influxUrl: url, rawDays, now } = config
    const store = await createInfluxStore({ url, log, waitMs: INFLUX_WAIT_MS, rawDays, now, signal })
    return { ...store, snapshot: snapshotByReading(store) }
  }
  const { createEmbeddedStore } = await import('../store/embedded/embeddedStore.ts')
  return createEmbeddedStore({ folder: files.observations, log, rawDays: config.rawDays, now: config.now })
}
