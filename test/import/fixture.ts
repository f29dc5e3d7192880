import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pino } from 'pino'
import { runImport } from '../../api/import/job.ts'
import type { ImportResult } from '../../api/import/summary.ts'
import { parseCityFile } from '../../city/readCityFile.ts'
import { readMapping } from '../../city/mapping/readMapping.ts'
import { openCatalogue } from '../../store/catalogue/open.ts'
import { createIntake } from '../../store/intake.ts'
import { openObservations } from '../support/stores.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

export const root = path.resolve(import.meta.dirname, '../..')
/** 2026-01-01T00:00:00Z: later than every file here. */
export const NOW_MS = Date.UTC(2026, 0, 1)

/** A small city in UTC: what a file does not say of zones is plain. */
const CITY = `
name: { id: Uji, en: Test }
timeZone: UTC
tariffRupiahPerKwh: 1000
buildings:
  - id: town-hall
    name: { id: Balai, en: Town hall }
    use: other
    areaSquareMetres: 100
    capacityPeople: 10
    geometry: { type: Polygon, coordinates: [[[0, 0], [1, 0], [1, 1], [0, 0]]] }
`

/** A real catalogue, store and intake in a temporary folder, and imports into them. */
export const importFixture = async () => {
  const folder = await temporaryFolder()
  const log = pino({ level: 'silent' })
  const catalogue = openCatalogue({ file: path.join(folder.path, 'catalogue.sqlite'), log })
  const observations = await openObservations(folder.path, log)
  const intake = createIntake({ catalogue, observations, log })
  const city = parseCityFile(CITY, 'city.yaml')
  const parts = { city, catalogue, observations, intake, now: () => NOW_MS }
  let files = 0
  return {
    ...parts,
    log,
    folder: folder.path,
    /** Imports a text, by mapping text or flags. */
    async load(text: string | Uint8Array, how: string | Record<string, string>): Promise<ImportResult> {
      const file = path.join(folder.path, `file-${(files += 1)}`)
      await writeFile(file, text)
      return this.loadFile(file, how)
    },
    loadFile(file: string, how: string | Record<string, string>): Promise<ImportResult> {
      return runImport(parts, {
        path: file,
        scratchPath: path.join(folder.path, `numbered-${(files += 1)}`),
        fileName: path.basename(file),
        how: typeof how === 'string' ? { mapping: readMapping(how) } : { flags: how as never },
        signal: new AbortController().signal,
        onProgress: () => undefined,
      })
    },
    /** Everything stored of a Datastream as [ISO time, value]. */
    async stored(datastream: string): Promise<[string, number][]> {
      const found = catalogue.datastreams.find(datastream)
      if (!found) return []
      const samples = await observations.raw({
        datastreamId: found.id,
        fromMs: 0,
        toMs: 8e15,
        limit: 1_000_000,
      })
      return samples.map(({ timeMs, value }) => [new Date(timeMs).toISOString(), value])
    },
    async [Symbol.asyncDispose]() {
      await observations.close()
      catalogue.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** A shared data file. Absent on a user's machine the test is skipped; in CI it must be there. */
export const sharedFile = (name: string): string => path.join(root, '../shared/data', name)

export const sharedDataMissing = (): boolean => {
  const missing = !existsSync(sharedFile('README.md'))
  if (missing && process.env['CI'] === 'true') {
    throw new Error('../shared/data is missing, and in CI these tests must run')
  }
  return missing
}
