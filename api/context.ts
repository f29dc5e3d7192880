import type { Logger } from 'pino'
import type { CityFile } from '../city/cityFile.ts'
import type { Catalogue } from '../store/catalogue/catalogue.ts'
import type { ForecastStore } from '../store/forecasts.ts'
import type { Intake } from '../store/intake.ts'
import type { ObservationStore } from '../store/observations.ts'

/** What the routes and the page work with, handed in once by the composition root. */
export interface ApiContext {
  city: CityFile
  catalogue: Catalogue
  observations: ObservationStore
  intake: Intake
  forecasts: ForecastStore
  /** Wall clock, epoch milliseconds; a test hands in its own. */
  now(): number
  log: Logger
  language: 'id' | 'en'
  /** Folder for bodies that are too large for memory while they are read (imports). */
  scratchDir: string
  /** Addresses that the page and `/healthz` name. */
  addresses(): { http: string; mqtt: string; flows: string | undefined }
}
