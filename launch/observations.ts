import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import type { ObservationStore } from '../store/observations.ts'
import type { DataFiles } from './files.ts'

/** A server that is started together with the city may need so long to answer. */
const INFLUX_WAIT_MS = 60_000

/** The store that the settings name; only the one that is used is loaded. */
export const openObservations = async (
  config: Config,
  files: DataFiles,
  log: Logger,
  signal: AbortSignal,
): Promise<ObservationStore> => {
  if (config.store === 'influx' && config.influxUrl !== undefined) {
    const { createInfluxStore } = await import('../store/influx/influxStore.ts')
    return createInfluxStore({ url: config.influxUrl, log, waitMs: INFLUX_WAIT_MS, signal })
  }
  const { createEmbeddedStore } = await import('../store/embedded/embeddedStore.ts')
  return createEmbeddedStore({ folder: files.observations, log })
}
