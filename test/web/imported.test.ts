import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiContext } from '../../api/context.ts'
import { createPageModel } from '../../api/web/model.ts'
import { parseCityFile } from '../../city/readCityFile.ts'
import { openStores } from '../support/stores.ts'

const HOUR_MS = 3_600_000
const NOW_MS = Date.UTC(2026, 10, 24, 4, 30)
const CITY = `
name: { id: Kota, en: City }
timeZone: Asia/Makassar
tariffRupiahPerKwh: 1700
buildings:
  - id: hall
    name: { id: Balai, en: Hall }
    use: other
    areaSquareMetres: 100
    capacityPeople: 50
    geometry:
      type: Polygon
      coordinates: [[[116.7, -0.97], [116.701, -0.97], [116.701, -0.969], [116.7, -0.97]]]
`
const stack = new AsyncDisposableStack()
let context: ApiContext
let model: ReturnType<typeof createPageModel>

beforeAll(async () => {
  const now = () => NOW_MS
  const { folder, log, catalogue, observations, forecasts, quality, intake } = await openStores(stack, now)
  context = {
    city: parseCityFile(CITY, 'city.yaml'),
    catalogue,
    observations,
    intake,
    forecasts,
    quality,
    now,
    log,
    language: 'en',
    scratchDir: folder,
    addresses: () => ({ http: '', mqtt: '', flows: undefined }),
  }
  const add = async (name: string, unit: string, endMs: number, intervalSeconds = 3600) => {
    catalogue.datastreams.declare({
      path: name,
      unit,
      kind: unit === 'kWh' ? 'interval' : 'instant',
      intervalSeconds,
    })
    await intake.append(
      [3, 2, 1, 0].map((step) => ({
        datastream: name,
        timeMs: endMs - step * intervalSeconds * 1000,
        value: 2,
      })),
    )
  }
  const midnightMs = Date.UTC(2026, 10, 23, 16)
  for (const part of ['a', 'b', 'c']) await add(`campus/${part}/energy`, 'kWh', midnightMs + 11 * HOUR_MS)
  await add('past/energy', 'kWh', Date.UTC(2020, 0, 1))
  await add('monthly/energy', 'kWh', NOW_MS - 20 * 24 * HOUR_MS, 30 * 24 * 3600)
  await add('gate/inflow', '1', Date.UTC(2020, 0, 1))
  model = createPageModel(context)
})
afterAll(() => stack.disposeAsync())

describe('a building that only its data speak of', () => {
  it('has the electricity of its parts, counted once', async () => {
    const view = await model.building('campus', 'en')
    expect(
      view?.energy?.hours.filter(({ measured }) => measured !== null).map(({ measured }) => measured),
    ).toEqual([6, 6, 6, 6])
  })

  it('is old or silent by its newest reading, whatever that measured, and only else not yet measured', async () => {
    const { buildings } = await model.overview('en')
    const states = Object.fromEntries(buildings.map(({ id, state }) => [id, state]))
    expect(states).toMatchObject({ hall: 'none', past: 'silent', monthly: 'old', gate: 'silent' })
    expect(buildings.find(({ id }) => id === 'gate')?.latestMs).toBe(Date.UTC(2020, 0, 1))
    expect(buildings.at(-1)?.id).toBe('hall')
  })
})
