import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pino from 'pino'
import { parseCityFile } from '../../city/readCityFile.ts'
import { openCatalogue } from '../../store/catalogue/open.ts'
import { createEmbeddedStore } from '../../store/embedded/embeddedStore.ts'
import { createForecastStore } from '../../store/forecasts.ts'
import { createIntake } from '../../store/intake.ts'
import { createQualityStore } from '../../store/quality.ts'
import { createApi } from '../app.ts'
import { openApiDocument } from './document.ts'

/** The document's text as it is kept in `docs/openapi.json`, from an empty city in a folder that is gone again. */
export const buildOpenApiText = async (cityFile: string): Promise<string> => {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(path.join(tmpdir(), 'nadi-openapi-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const log = pino({ level: 'silent' })
  const catalogue = stack.adopt(openCatalogue({ file: path.join(folder, 'catalogue.sqlite'), log }), (it) =>
    it.close(),
  )
  const observations = stack.use(
    await createEmbeddedStore({ folder: path.join(folder, 'observations'), log }),
  )
  const forecasts = stack.adopt(createForecastStore({ file: path.join(folder, 'forecasts.sqlite') }), (it) =>
    it.close(),
  )
  const quality = stack.adopt(createQualityStore({ file: path.join(folder, 'quality.sqlite') }), (it) =>
    it.close(),
  )
  const app = createApi({
    city: parseCityFile(await readFile(cityFile, 'utf8'), cityFile),
    catalogue,
    observations,
    intake: createIntake({ catalogue, observations, log }),
    forecasts,
    quality,
    now: () => 0,
    log,
    language: 'id',
    scratchDir: folder,
    addresses: () => ({ http: '', mqtt: '', flows: undefined }),
  })
  return `${JSON.stringify(openApiDocument(app), null, 2)}\n`
}
