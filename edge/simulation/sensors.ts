import type { Building } from '../../city/cityFile.ts'
import type { Reading } from '../../city/observation.ts'
import { PROPERTIES, defaultKind } from '../../city/properties.ts'
import type { Birth, BirthDatastream } from '../driver.ts'
import type { BuildingState } from './buildingModel.ts'
import { createOutages } from './outages.ts'
import { QUANTITIES, type Quantity, type Place, wholeBuilding } from './quantities.ts'
import { keyedRandom, seedOf } from './random.ts'

/** What the sensors of a building say of its state: with noise, in steps of their display, and sometimes nothing. */
export interface Sensors {
  birth: Birth
  read(state: BuildingState): Reading[]
}

interface Sensor {
  datastream: string
  /** Index of the zone; undefined: the whole building. */
  zone: number | undefined
  property: string
  quantity: Quantity
}

const NOISE = 4

/** Makes the sensors that the city file names for a building and its zones. */
export const createSensors = ({
  building,
  seed: citySeed,
  intervalSeconds,
}: {
  building: Building
  seed: number
  intervalSeconds: number
}): Sensors => {
  const seed = seedOf(building.id, citySeed)
  const sensors = placeSensors(building)
  const outages = sensors.map(({ zone }, index) => createOutages(seed, index, zone === undefined))

  return {
    birth: birthOf(building, sensors, intervalSeconds),
    read(state) {
      const random = keyedRandom(seed, NOISE, state.timeMs)
      const whole = wholeBuilding(building, state)
      const readings: Reading[] = []
      sensors.forEach(({ datastream, zone, property, quantity }, index) => {
        // Drawn before the sensor's silence is known, so that one sensor's gap leaves the others as they were.
        const noise = random.normal()
        const missed = random.uniform() < MISSED_SHARE
        if (missed || outages[index]?.(state.timeMs)) return
        const place: Place | undefined = zone === undefined ? whole : zonePlace(state, zone)
        if (!place) return
        readings.push({ datastream, timeMs: state.timeMs, value: sense(quantity, property, place, noise) })
      })
      return readings
    },
  }
}

/** Single readings that never came, whatever the reason. */
const MISSED_SHARE = 0.001

const sense = (quantity: Quantity, property: string, place: Place, noise: number): number => {
  const exact = quantity.of(place)
  const noisy = exact + noise * (quantity.noise + quantity.noiseShare * Math.abs(exact))
  const shown = Math.round(noisy / quantity.step) * quantity.step
  const { min, max } = PROPERTIES[property] ?? { min: -Infinity, max: Infinity }
  // Steps such as 0.01 are no binary fractions: without this, values would trail fifteen digits on the wire.
  return Math.min(max, Math.max(min, Number(shown.toFixed(3))))
}

const zonePlace = (
  { zones, energyKwh, waterCubicMetres }: BuildingState,
  index: number,
): Place | undefined => {
  const zone = zones[index]
  return zone && { ...zone, energyKwh, waterCubicMetres }
}

const placeSensors = (building: Building): Sensor[] => {
  const at = (thing: string, zone: number | undefined, properties: readonly string[] = []): Sensor[] =>
    properties.flatMap((property) => {
      const quantity = QUANTITIES[property]
      // A zone has no meter of its own in this model.
      if (!quantity || (zone !== undefined && quantity.onlyBuilding)) return []
      return [{ datastream: `${thing}/${property}`, zone, property, quantity }]
    })
  return [
    ...at(building.id, undefined, building.sensors),
    ...building.zones.flatMap((zone, index) => at(`${building.id}/${zone.id}`, index, zone.sensors)),
  ]
}

const birthOf = (building: Building, sensors: readonly Sensor[], intervalSeconds: number): Birth => ({
  things: [
    { name: building.id, brickClass: 'Building' },
    ...building.zones.map(({ id, brickClass }) => ({ name: `${building.id}/${id}`, brickClass })),
  ],
  datastreams: sensors.map(({ datastream, property, quantity }): BirthDatastream => ({
    name: datastream,
    unit: PROPERTIES[property]?.unit ?? '1',
    kind: defaultKind(property),
    brickClass: quantity.brickClass,
    intervalSeconds,
  })),
})
