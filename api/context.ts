import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { ModelRegistry } from '../analytics/registry/registry.ts'
import type { ServedModels } from '../analytics/registry/servedModels.ts'
import type { Trainings } from '../analytics/retraining/trainings.ts'
import type { Authority } from '../authority/openAuthority.ts'
import type { CityFile } from '../city/cityFile.ts'
import type { Catalogue } from '../store/catalogue/catalogue.ts'
import type { ForecastStore } from '../store/forecasts.ts'
import type { Intake } from '../store/intake.ts'
import type { ObservationStore } from '../store/observations.ts'
import type { QualityStore } from '../store/quality.ts'
import type { ClientRate } from './clientRate.ts'
import type { ReliabilityReader } from './forecasts.ts'
import type { Participation } from './participation.ts'

/** What the routes and the page work with, handed in once by the composition root. */
export interface ApiContext {
  city: CityFile
  catalogue: Catalogue
  observations: ObservationStore
  intake: Intake
  forecasts: ForecastStore
  quality: QualityStore
  /** Wall clock, epoch milliseconds; a test hands in its own. */
  now(): number
  log: Logger
  language: 'id' | 'en'
  /** Folder for bodies that are too large for memory while they are read (imports). */
  scratchDir: string
  /** Addresses that the page and `/healthz` name. */
  addresses(): { http: string; mqtt: string; mqtts?: string | undefined; flows: string | undefined }
  /** Signs certificates for devices. Absent: routes that need it answer `store-unavailable`. */
  authority?: Pick<Authority, 'certificate' | 'expiresMs' | 'server' | 'sign' | 'revocations'> | undefined
  /** The one-time link `/setup/{token}` by which the first administrator chooses name and password. */
  setupToken?: SetupToken | undefined
  /** Where broker, store and jobs register their counters; `/metrics` shows it. A new one when absent. */
  metrics?: Registry | undefined
  /** The parts that `/readyz` asks, by name; absent: only store and catalogue are asked. */
  readiness?(): Readonly<Record<string, boolean>>
  /**
   * Runs ingestion again on one quarantined pack: `stored` when all of it is durable now, else why it stays. Absent:
   * there is no broker, and retrying answers `store-unavailable`.
   */
  retryQuarantined?(id: number): Promise<{ outcome: 'stored' } | { outcome: 'quarantined'; reason: string }>
  /**
   * Makes a backup, sent as it is made. Throws `store-unavailable` without room for it and `rate-limited` while another
   * is made. Absent: there is no data folder.
   */
  backup?(signal: AbortSignal): AsyncIterable<Uint8Array>
  /** Forecasting models and their training. Absent: routes that need them answer `store-unavailable`. */
  models?: { registry: ModelRegistry; models: Pick<ServedModels, 'load'>; trainings: Trainings } | undefined
  /** How right forecasts were, which routes and page share; made by `createApi` when absent. */
  reliabilityOf?: ReliabilityReader | undefined
  /** Takes votes and reports, for routes and page alike; made by `createApi` when absent. */
  participation?: Participation | undefined
  /** Days after which the text of a closed report is erased, for the page to tell; absent: it tells none. */
  reportDays?: number | undefined
  /** Days that single readings are kept, 0 = without an end; the page says so. */
  rawDays?: number | undefined
  /** Days that readings of a property and their sums are kept; the page tells those of people. */
  keepDays?: Readonly<Record<string, number>> | undefined
  /** How much one client without a login may ask for; see `api/clientRate.ts`. */
  clientRate?: ClientRate | undefined
}

/** A link that works once. `check` compares in constant time; after `consume` it is always false. */
export interface SetupToken {
  check(token: string): boolean
  consume(): void
}
