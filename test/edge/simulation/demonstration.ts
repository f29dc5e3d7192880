import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createCalendar } from '../../../city/calendar.ts'
import { parseCityFile } from '../../../city/readCityFile.ts'
import {
  type BuildingModel,
  type BuildingState,
  type Overrides,
  createBuildingModel,
} from '../../../edge/simulation/buildingModel.ts'
import { createClimate } from '../../../edge/simulation/climate.ts'
import { requireSimulated } from '../../../edge/simulation/simulatedBuilding.ts'

/** The demonstration city and ways to run a building of it without sensors. */
export const cityPath = path.resolve(import.meta.dirname, '../../../examples/city.yaml')
export const city = parseCityFile(readFileSync(cityPath, 'utf8'), cityPath)
export const calendar = createCalendar(city)
export const ids = city.buildings.map(({ id }) => id)

/** Epoch milliseconds of a local time in WITA. */
export const at = (local: string): number => Date.parse(`${local}+08:00`)
export const MINUTE_MS = 60_000
export const DAY_MS = 86_400_000

export const modelOf = (id: string, seed = 1): BuildingModel =>
  createBuildingModel({
    building: requireSimulated(city, id),
    calendar,
    climate: createClimate({ calendar, seed }),
    seed,
  })

/** Runs a model from one time to another and returns the last state. */
export const run = (
  model: BuildingModel,
  state: BuildingState,
  toMs: number,
  { stepMs = 15 * MINUTE_MS, overrides }: { stepMs?: number; overrides?: Overrides } = {},
): BuildingState => {
  let current = state
  while (current.timeMs < toMs)
    current = model.step(current, Math.min(stepMs, toMs - current.timeMs), overrides)
  return current
}
