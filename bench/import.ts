import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pino } from 'pino'
import { runImport } from '../api/import/job.ts'
import { readMapping } from '../city/mapping/readMapping.ts'
import { parseCityFile } from '../city/readCityFile.ts'
import { openCatalogue } from '../store/catalogue/open.ts'
import { createEmbeddedStore } from '../store/embedded/embeddedStore.ts'
import { createIntake } from '../store/intake.ts'

const root = path.resolve(import.meta.dirname, '..')

/** The shared file with most cells, and the mapping for it. */
const FILE = 'cambridge/electricity-2017-2019.csv.gz'
const MAPPING = 'cambridge-electricity'

/** Readings a second from a shared file to the durable store, in one process. */
export const run = async (): Promise<void> => {
  const source = path.join(root, '../shared/data', FILE)
  if (!existsSync(source)) {
    process.stdout.write(`import: skipped, ${source} is not there\n`)
    return
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'nadi-bench-'))
  try {
    process.stdout.write(await measure(folder, source))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const measure = async (folder: string, source: string): Promise<string> => {
  const log = pino({ level: 'silent' })
  const catalogue = openCatalogue({ file: path.join(folder, 'catalogue.sqlite'), log })
  const observations = await createEmbeddedStore({ folder: path.join(folder, 'observations'), log })
  const intake = createIntake({ catalogue, observations, log })
  const city = parseCityFile(
    readFileSync(path.join(root, 'examples/city.yaml'), 'utf8'),
    'examples/city.yaml',
  )
  const startMs = performance.now()
  const { read, stored } = await runImport(
    { city, catalogue, observations, intake, now: Date.now },
    {
      path: source,
      scratchPath: path.join(folder, 'numbered'),
      fileName: FILE,
      how: {
        mapping: readMapping(readFileSync(path.join(root, 'examples/import', `${MAPPING}.yaml`), 'utf8')),
      },
      signal: new AbortController().signal,
      onProgress: () => undefined,
    },
  )
  const seconds = (performance.now() - startMs) / 1000
  await observations.close()
  catalogue.close()
  const megabytes = Math.round(process.memoryUsage().rss / 1e6)
  return `import ${FILE}: ${read} readings, ${stored} stored in ${seconds.toFixed(1)} s: ${Math.round(read / seconds)} readings/s, ${megabytes} MB resident\n`
}
