import type { Calendar } from '../../city/calendar.ts'
import type { Building, Zone } from '../../city/cityFile.ts'
import type { Climate, Outdoor } from './climate.ts'
import { type Presence, createPresence } from './people.ts'
import { PROFILES, type Profile, SERVER_ROOM, SERVER_ROOM_CLASS } from './profiles.ts'
import { keyedRandom, seedOf } from './random.ts'
import { type ZoneBody, type ZoneState, initialZone, stepZone } from './zone.ts'

/**
 * The physics of one building, pure and seeded: a state goes in, the state a step later comes out, and the same seed,
 * time and state always give the same numbers. What no zone of the city file covers is one more zone, the rest.
 */
export interface BuildingModel {
  /** The building at rest at this time: what a simulation starts from. */
  initial(timeMs: number): BuildingState
  /** The state `stepMs` later. */
  step(state: BuildingState, stepMs: number, overrides?: Overrides): BuildingState
}

export interface BuildingState {
  timeMs: number
  outdoor: Outdoor
  /** The zones of the city file in its order, then the rest. */
  zones: ZoneState[]
  people: number
  /** Electric power of the whole building, mean over the step that ended at `timeMs`. */
  powerWatts: number
  /** Registers since the building was opened. */
  energyKwh: number
  waterCubicMetres: number
}

/** What somebody changes against the usual run. */
export interface Overrides {
  /** 0 empties the building. */
  peopleFactor?: number
  /** Of all zones, 0 to 100. */
  ventilationPercent?: number
  setpointCelsius?: number
  /** A hotter day: added to the outdoor temperature. */
  outdoorOffsetCelsius?: number
}

export interface BuildingModelOptions {
  building: Building
  calendar: Calendar
  climate: Climate
  seed: number
}

const ZONE_NOISE = 3
const MS_PER_HOUR = 3_600_000
/** A year or two of use, so that a register looks like one. */
const FIRST_KWH_PER_SQUARE_METRE = 300
const FIRST_WATER_PER_SQUARE_METRE = 1.2
/** Leaks and cleaning, per square metre and hour. */
const BASE_WATER_LITRES = 0.004

export const createBuildingModel = (options: BuildingModelOptions): BuildingModel => {
  const { building, calendar, climate } = options
  const seed = seedOf(building.id, options.seed)
  const profile = PROFILES[building.use]
  const presence: Presence = createPresence({ building, calendar, profile: profile.people, seed })
  const bodies = zoneBodies(building, profile)
  // Some rooms are liked more than others.
  const liking = bodies.map((_, index) => 0.88 + 0.24 * keyedRandom(seed, ZONE_NOISE, index).uniform())

  /** Expected people in each zone; the rest takes whoever is in no named zone. */
  const peopleIn = (timeMs: number, share: number): { zones: number[]; total: number } => {
    const random = keyedRandom(seed, ZONE_NOISE, timeMs)
    const total = Math.min(building.capacityPeople, building.capacityPeople * share)
    // Taken from what is left rather than summed up: a sum of roundings can end above the total.
    let left = total
    const zones = bodies.slice(0, -1).map(({ capacityPeople }, index) => {
      const expected = capacityPeople * share * (liking[index] ?? 1)
      const people = expected + 0.45 * Math.sqrt(expected) * random.normal()
      const bounded = Math.max(0, Math.min(capacityPeople, people, left))
      left -= bounded
      return bounded
    })
    return { zones: [...zones, left], total }
  }

  return {
    initial(timeMs) {
      const outdoor = climate(timeMs)
      return {
        timeMs,
        outdoor,
        zones: bodies.map((body) => initialZone(body, outdoor)),
        people: 0,
        powerWatts: 0,
        energyKwh: FIRST_KWH_PER_SQUARE_METRE * building.areaSquareMetres,
        waterCubicMetres: FIRST_WATER_PER_SQUARE_METRE * building.areaSquareMetres,
      }
    },

    step(state, stepMs, overrides = {}) {
      const timeMs = state.timeMs + stepMs
      const { share, running } = presence(timeMs)
      const outdoor = { ...climate(timeMs) }
      outdoor.temperatureCelsius += overrides.outdoorOffsetCelsius ?? 0
      const people = peopleIn(timeMs, share * (overrides.peopleFactor ?? 1))
      const zones = bodies.map((body, index) =>
        stepZone(
          body,
          state.zones[index] ?? initialZone(body, outdoor),
          {
            outdoor,
            people: people.zones[index] ?? 0,
            running: running || body.profile.baseWattsPerSquareMetre > 100,
            ...(overrides.ventilationPercent !== undefined && {
              ventilationPercent: overrides.ventilationPercent,
            }),
            ...(overrides.setpointCelsius !== undefined && { setpointCelsius: overrides.setpointCelsius }),
          },
          stepMs / 1_000,
        ),
      )
      const hours = stepMs / MS_PER_HOUR
      const powerWatts = zones.reduce(
        (sum, zone) => sum + zone.powerWatts,
        profile.commonWattsPerPerson * people.total,
      )
      const waterLitresPerHour =
        profile.waterLitresPerPersonHour * people.total + BASE_WATER_LITRES * building.areaSquareMetres
      return {
        timeMs,
        outdoor,
        zones,
        people: people.total,
        powerWatts,
        energyKwh: state.energyKwh + (powerWatts / 1_000) * hours,
        waterCubicMetres: state.waterCubicMetres + (waterLitresPerHour / 1_000) * hours,
      }
    },
  }
}

/** The zones as the physics sees them, then the rest of the building. */
const zoneBodies = ({ zones, ...building }: Building, profile: Profile): ZoneBody[] => {
  const { airConditioned } = building
  const named = zones.map(({ areaSquareMetres, capacityPeople, brickClass }) => ({
    areaSquareMetres,
    capacityPeople,
    profile: brickClass === SERVER_ROOM_CLASS ? { ...profile, ...SERVER_ROOM } : profile,
    airConditioned,
  }))
  const left = (whole: number, part: (zone: Zone) => number): number =>
    Math.max(0, whole - zones.reduce((sum, zone) => sum + part(zone), 0))
  return [
    ...named,
    {
      // At least a closet: the equations divide by it.
      areaSquareMetres: Math.max(
        1,
        left(building.areaSquareMetres, (zone) => zone.areaSquareMetres),
      ),
      capacityPeople: left(building.capacityPeople, (zone) => zone.capacityPeople),
      profile,
      airConditioned,
    },
  ]
}
