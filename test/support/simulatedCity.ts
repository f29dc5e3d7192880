import { readFileSync } from 'node:fs'
import path from 'node:path'
import { FORECAST_MODELS } from '../../analytics/models/index.ts'
import type { ApiContext } from '../../api/context.ts'
import { parseCityFile } from '../../city/readCityFile.ts'
import type { Reading } from '../../city/observation.ts'
import { generateHistory, historyBirth } from '../../edge/history.ts'
import { createCalendar } from '../../city/calendar.ts'
import { openForecastParts, seasonalPackage } from './forecastParts.ts'
import { openStores } from './stores.ts'

export interface SimulatedCity extends AsyncDisposable {
  context: ApiContext
  clock: { nowMs: number }
}

const PACK = 5_000
const MS_PER_DAY = 86_400_000

/**
 * The demonstration city of `examples/city.yaml` with its simulated past up to a moment and forecasts, over real
 * stores in a temporary folder: what the page looks like when everything works.
 */
export const openSimulatedCity = async ({
  nowMs,
  days,
}: {
  nowMs: number
  days: number
}): Promise<SimulatedCity> => {
  const stack = new AsyncDisposableStack()
  const clock = { nowMs }
  const now = () => clock.nowMs
  const file = path.resolve(import.meta.dirname, '../../examples/city.yaml')
  const city = parseCityFile(readFileSync(file, 'utf8'), 'city.yaml')
  const stores = await openStores(stack, now)
  const { folder, log, catalogue, observations, forecasts, quality, intake } = stores
  for (const building of city.buildings) {
    const options = { city, building, fromMs: nowMs - days * MS_PER_DAY, toMs: nowMs }
    for (const { name, ...declaration } of historyBirth(options).datastreams) {
      catalogue.datastreams.declare({ path: name, ...declaration })
    }
    let pack: Reading[] = []
    for (const readings of generateHistory(options)) {
      pack.push(...readings)
      if (pack.length < PACK) continue
      await intake.append(pack)
      pack = []
    }
    await intake.append(pack)
  }
  const { job } = await openForecastParts(stack, stores, {
    kinds: FORECAST_MODELS,
    packaged: seasonalPackage,
    now,
    calendar: createCalendar(city),
  })
  await job.backfill(14)
  await job.catchUp()
  return {
    clock,
    context: {
      city,
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
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
