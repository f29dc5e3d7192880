import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { pino, type Logger } from 'pino'
import type { Catalogue } from '../../store/catalogue/catalogue.ts'
import { openCatalogue } from '../../store/catalogue/open.ts'
import { createEmbeddedStore } from '../../store/embedded/embeddedStore.ts'
import { createForecastStore, type ForecastStore } from '../../store/forecasts.ts'
import { createInfluxStore } from '../../store/influx/influxStore.ts'
import { createIntake, type Intake } from '../../store/intake.ts'
import { createQualityStore, type QualityStore } from '../../store/quality.ts'
import type { ObservationStore } from '../../store/observations.ts'
import { temporaryFolder } from './temporaryFolder.ts'

/** An observation store that a test can have summed up or moved what waits for it. */
export interface TestObservations extends ObservationStore {
  compact(): Promise<void>
}

/**
 * An empty observation store, the one way for tests to get one: embedded in `folder`, or in the project `influx` of
 * `vitest.config.ts` a database of its own on the server that all files share.
 */
export const openObservations = (folder: string, log: Logger): Promise<TestObservations> => {
  const url = influxDatabase()
  return url === undefined
    ? createEmbeddedStore({ folder: path.join(folder, 'observations'), log })
    : createInfluxStore({ url, log })
}

/** The address of a new database where tests run on InfluxDB. */
export const influxDatabase = (): string | undefined => {
  const server = process.env['NADI_TEST_INFLUX_URL']
  if (process.env['NADI_TEST_STORE'] !== 'influx' || server === undefined) return undefined
  return `${server}/test_${randomUUID().replaceAll('-', '_')}`
}

/** The city's real stores in a temporary folder, closed and deleted with `stack`. */
export interface TestStores {
  folder: string
  log: Logger
  catalogue: Catalogue
  observations: ObservationStore
  forecasts: ForecastStore
  quality: QualityStore
  intake: Intake
}

export const openStores = async (stack: AsyncDisposableStack, now: () => number): Promise<TestStores> => {
  const { path: folder } = stack.use(await temporaryFolder())
  const log = pino({ level: 'silent' })
  const catalogue = stack.adopt(
    openCatalogue({ file: path.join(folder, 'catalogue.sqlite'), log, now }),
    (it) => it.close(),
  )
  const observations = stack.use(await openObservations(folder, log))
  const forecasts = stack.adopt(createForecastStore({ file: path.join(folder, 'forecasts.sqlite') }), (it) =>
    it.close(),
  )
  return {
    folder,
    log,
    catalogue,
    observations,
    forecasts,
    quality: stack.adopt(createQualityStore({ file: path.join(folder, 'quality.sqlite') }), (it) =>
      it.close(),
    ),
    intake: createIntake({ catalogue, observations, log }),
  }
}
