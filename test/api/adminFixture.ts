import path from 'node:path'
import { createApi } from '../../api/app.ts'
import type { ApiContext } from '../../api/context.ts'
import { createForecastStore } from '../../store/forecasts.ts'
import { createIntake } from '../../store/intake.ts'
import { createQualityStore } from '../../store/quality.ts'
import { silent, temporaryCatalogue } from '../store/catalogueFixture.ts'
import { openObservations } from '../support/stores.ts'

const LIBRARY: ApiContext['city']['buildings'][number] = {
  id: 'library',
  name: { id: 'Perpustakaan', en: 'Library' },
  use: 'library',
  areaSquareMetres: 1_000,
  capacityPeople: 100,
  airConditioned: true,
  geometry: {
    type: 'Polygon',
    coordinates: [
      [
        [116.7, -0.97],
        [116.71, -0.97],
        [116.71, -0.96],
        [116.7, -0.97],
      ],
    ],
  },
  openingHours: [],
  services: [],
  zones: [],
  demonstration: false,
}

/** The whole API over real stores in a temporary folder, with a key of each role. */
export const temporaryApi = async (extra: Partial<ApiContext> = {}) => {
  const at = await temporaryCatalogue()
  const { catalogue } = at
  const observations = await openObservations(at.folder, silent)
  const forecasts = createForecastStore({ file: path.join(at.folder, 'forecasts.sqlite') })
  const intake = createIntake({ catalogue, observations, log: silent })
  const quality = createQualityStore({ file: path.join(at.folder, 'quality.sqlite') })
  const app = createApi({
    city: {
      name: { id: 'Kota', en: 'City' },
      timeZone: 'Asia/Makassar',
      tariffRupiahPerKwh: 1_500,
      holidays: [],
      buildings: [LIBRARY],
    },
    catalogue,
    observations,
    forecasts,
    quality,
    intake,
    now: Date.now,
    log: silent,
    language: 'en',
    scratchDir: at.folder,
    addresses: () => ({ http: 'http://127.0.0.1:1', mqtt: 'mqtt://127.0.0.1:2', flows: undefined }),
    ...extra,
  })
  const administrator = catalogue.keys.add('administrator', 'test').key
  return {
    app,
    at,
    catalogue,
    intake,
    forecasts,
    administrator,
    /** One request; a body is sent as JSON. Answers status and parsed body. */
    async ask(
      method: string,
      to: string,
      { key = administrator, body }: { key?: string; body?: unknown } = {},
    ) {
      const response = await app.request(to, {
        method,
        headers: {
          ...(key !== '' && { authorization: `Bearer ${key}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      return {
        status: response.status,
        body: text === '' ? undefined : JSON.parse(text),
        headers: response.headers,
      }
    },
    async [Symbol.asyncDispose]() {
      quality.close()
      forecasts.close()
      await observations.close()
      await at[Symbol.asyncDispose]()
    },
  }
}
