import path from 'node:path'
import { pino, type Logger } from 'pino'
import type { Catalogue } from '../../store/catalogue/catalogue.ts'
import { openCatalogue } from '../../store/catalogue/open.ts'
import { createEmbeddedStore, type EmbeddedStore } from '../../store/embedded/embeddedStore.ts'
import { createForecastStore, type ForecastStore } from '../../store/forecasts.ts'
import { createIntake, type Intake } from '../../store/intake.ts'
import { createQualityStore, type QualityStore } from '../../store/quality.ts'
import { temporaryFolder } from './temporaryFolder.ts'

/** The city's real stores in a temporary folder, closed and deleted with `stack`. */
export interface TestStores {
  folder: string
  log: Logger
  catalogue: Catalogue
  observations: EmbeddedStore
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
  const observations = stack.use(
    await createEmbeddedStore({ folder: path.join(folder, 'observations'), log }),
  )
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
