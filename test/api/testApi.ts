import type { OpenAPIHono } from '@hono/zod-openapi'
import { createApi } from '../../api/app.ts'
import type { ApiContext } from '../../api/context.ts'
import type { ApiEnv } from '../../api/env.ts'
import { cityFileSchema } from '../../city/cityFile.ts'
import type { Reading } from '../../city/observation.ts'
import type { Role } from '../../city/roles.ts'
import { openStores } from '../support/stores.ts'

/** 10:00 on a Tuesday in Makassar (+08:00). */
export const NOW_MS = Date.UTC(2026, 10, 24, 2)
export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000

const square = {
  type: 'Polygon',
  coordinates: [
    [
      [116.7, -0.97],
      [116.71, -0.97],
      [116.71, -0.96],
      [116.7, -0.97],
    ],
  ],
}

export const TEST_CITY = cityFileSchema.parse({
  name: { id: 'Kota uji', en: 'Test city' },
  timeZone: 'Asia/Makassar',
  tariffRupiahPerKwh: 1500,
  buildings: [
    {
      id: 'shared-office',
      name: { id: 'Kantor bersama', en: 'Shared office' },
      use: 'shared-office',
      areaSquareMetres: 4000,
      capacityPeople: 400,
      geometry: square,
      zones: [
        {
          id: 'floor-2/zone-a',
          areaSquareMetres: 300,
          capacityPeople: 40,
          sensors: ['co2', 'occupancy', 'power', 'temperature'],
        },
      ],
      sensors: ['energy', 'occupancy', 'temperature', 'power', 'co2'],
      demonstration: true,
    },
    {
      id: 'library',
      name: { id: 'Perpustakaan', en: 'Library' },
      use: 'library',
      areaSquareMetres: 2000,
      capacityPeople: 200,
      geometry: square,
    },
  ],
})

export const ROLES = ['citizen', 'operator', 'scientist', 'administrator', 'agency:health'] as const

export interface TestApi extends AsyncDisposable {
  app: OpenAPIHono<ApiEnv>
  context: ApiContext
  /** The manual clock: what `now()` gives. */
  clock: { nowMs: number }
  /** A key of each role. */
  keys: Record<(typeof ROLES)[number], string>
  /** GETs as somebody: a role by its key, or nobody. */
  get(url: string, role?: Role): Promise<Response>
  /** GETs and reads JSON; the test fails when the status is not as expected. */
  // oxlint-disable-next-line typescript/no-explicit-any -- answers are read as a stranger reads them
  json(url: string, role?: Role, status?: number): Promise<any>
  append(...readings: Reading[]): Promise<void>
}

/** An answer's JSON, as a stranger reads it: without types. */
// oxlint-disable-next-line typescript/no-explicit-any -- that is the point
export const readJson = async (response: Response): Promise<any> => JSON.parse(await response.text())

/** What a request from this address brings along, as the HTTP server hands it to the application. */
export const from = (remoteAddress: string) => ({ incoming: { socket: { remoteAddress } } })

/** The whole API over real stores in a temporary folder, with a clock that the test moves. */
export const openTestApi = async (overrides: Partial<ApiContext> = {}): Promise<TestApi> => {
  const stack = new AsyncDisposableStack()
  const clock = { nowMs: NOW_MS }
  const now = () => clock.nowMs
  const { folder, log, catalogue, observations, forecasts, quality, intake } = await openStores(stack, now)
  const context: ApiContext = {
    city: TEST_CITY,
    catalogue,
    observations,
    intake,
    forecasts,
    quality,
    now,
    log,
    language: 'id',
    scratchDir: folder,
    addresses: () => ({ http: 'http://127.0.0.1:8080', mqtt: 'mqtt://127.0.0.1:1883', flows: undefined }),
    ...overrides,
  }
  const app = createApi(context)
  const keys = Object.fromEntries(
    ROLES.map((role) => [role, catalogue.keys.add(role, `test ${role}`).key]),
  ) as TestApi['keys']

  const get: TestApi['get'] = async (url, role) =>
    app.request(url, { headers: role ? { authorization: `Bearer ${keys[role as keyof typeof keys]}` } : {} })
  return {
    app,
    context,
    clock,
    keys,
    get,
    async json(url, role, status = 200) {
      const response = await get(url, role)
      const text = await response.text()
      if (response.status !== status) throw new Error(`${url}: ${response.status} ${text}`)
      return JSON.parse(text)
    },
    append: (...readings) => intake.append(readings),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
