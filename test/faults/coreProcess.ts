import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { pino } from 'pino'
import { createBroker } from '../../broker/createBroker.ts'
import { openCatalogue } from '../../store/catalogue/open.ts'
import { createEmbeddedStore } from '../../store/embedded/embeddedStore.ts'
import { createIntake } from '../../store/intake.ts'
import type { ObservationStore } from '../../store/observations.ts'
import { meetParent } from './parent.ts'
import { hasty } from './plants/hastyStore.ts'
import type { Plant } from './plants/plant.ts'
import { createRepeatingStore } from './plants/repeatingStore.ts'
import { readContents } from './readContents.ts'

/**
 * The core in a process that a test may kill: catalogue, store, intake and broker as `launch/city.ts` puts them
 * together, without what only reads (API, forecasts, Node-RED). Its one argument is `CoreOptions` as JSON.
 */
export interface CoreOptions {
  folder: string
  port: number
  devices: readonly { id: string; building: string }[]
  /** Hot rows at which the embedded store compacts: small, so that a kill finds it compacting. */
  compactAtRows: number
  /** Server and database, instead of the embedded store. */
  influxUrl?: string
  plant?: Plant
}

/** A server that keeps silent is given up within a round of the suite; one that starts is waited for. */
const INFLUX_PATIENCE = { timeoutMs: 3000, waitMs: 60_000 }

const { folder, port, devices, compactAtRows, influxUrl, plant } = JSON.parse(
  process.argv[2] ?? '{}',
) as CoreOptions
const log = pino({ level: process.env['NADI_LOG'] ?? 'error' }, pino.destination({ fd: 2, sync: true }))

const openStore = async (): Promise<ObservationStore> => {
  if (plant === 'no-duplicate-control') return createRepeatingStore(path.join(folder, 'arrivals.sqlite'))
  const store = await openRealStore()
  return plant === 'acknowledge-before-commit' ? hasty(store) : store
}

const openRealStore = async (): Promise<ObservationStore> => {
  if (influxUrl === undefined) {
    return createEmbeddedStore({ folder: path.join(folder, 'observations'), log, compactAtRows })
  }
  const { createInfluxStore } = await import('../../store/influx/influxStore.ts')
  return createInfluxStore({ url: influxUrl, log, ...INFLUX_PATIENCE })
}

const { tell, onMessage } = meetParent()
mkdirSync(folder, { recursive: true })
const catalogue = openCatalogue({ file: path.join(folder, 'catalogue.sqlite'), log })
const observations = await openStore()
const intake = createIntake({ catalogue, observations, log })
const passwords: Record<string, string> = {}
for (const { id, building } of devices) {
  if (catalogue.devices.find(id) === undefined) passwords[id] = catalogue.devices.add(id, building)
}
await createBroker({ catalogue, intake, observations, host: '127.0.0.1', port, log, now: Date.now })
tell({ kind: 'serving', atMs: Date.now(), passwords })

onMessage((message) => {
  if (message.kind !== 'read') return
  readContents(catalogue, observations).then(
    (contents) => tell({ kind: 'contents', contents }),
    (error: unknown) => {
      log.fatal({ err: error }, 'the store cannot be read')
      process.exit(1)
    },
  )
})
