import { type Calendar, createCalendar } from '../../city/calendar.ts'
import type { Building, CityFile } from '../../city/cityFile.ts'
import { NadiError } from '../../city/errors.ts'
import { createBuildingModel } from './buildingModel.ts'
import { createClimate } from './climate.ts'
import { type Sensors, createSensors } from './sensors.ts'
import { type Timeline, createTimeline } from './timeline.ts'

/** One building of a city, simulated: its course and the sensors that read it. */
export interface SimulatedBuilding {
  timeline: Timeline
  sensors: Sensors
  calendar: Calendar
}

/** The demonstration's seed: history and live must use the same. */
export const DEFAULT_SEED = 2026

/** Puts model, climate and sensors together. `seed` belongs to the city: its buildings share the weather. */
export const createSimulatedBuilding = (options: {
  city: CityFile
  building: Building
  seed: number
  /** The first time that will be asked. */
  fromMs: number
  intervalSeconds: number
}): SimulatedBuilding => {
  const { city, building, seed, fromMs, intervalSeconds } = options
  const calendar = createCalendar(city)
  const climate = createClimate({ calendar, seed })
  const model = createBuildingModel({ building, calendar, climate, seed })
  return {
    timeline: createTimeline({ model, fromMs }),
    sensors: createSensors({ building, seed, intervalSeconds }),
    calendar,
  }
}

/** The building of this id. Throws `invalid-input` naming those there are. */
export const requireSimulated = (city: CityFile, id: string): Building => {
  const building = city.buildings.find((candidate) => candidate.id === id)
  if (!building) {
    const known = city.buildings.map((candidate) => candidate.id).join(', ')
    throw new NadiError('invalid-input', `The city file has no building "${id}". It has: ${known}.`, {
      problems: [{ pointer: '/building', detail: `one of ${known}` }],
    })
  }
  return building
}
