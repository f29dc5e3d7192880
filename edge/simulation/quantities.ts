import type { Building } from '../../city/cityFile.ts'
import type { BuildingState } from './buildingModel.ts'
import { relativeHumidity } from './moistAir.ts'
import type { ZoneState } from './zone.ts'

/** Where a sensor hangs: a zone, or the whole building as if it were one. */
export type Place = ZoneState & Pick<BuildingState, 'energyKwh' | 'waterCubicMetres'>

/** A property as a sensor measures it, in the property's own unit. */
export interface Quantity {
  of(place: Place): number
  /** Standard deviation of the noise: a fixed part, and a share of the value. */
  noise: number
  noiseShare: number
  /** Smallest step that the sensor shows. */
  step: number
  /** Brick class of the point (Brick 1.3). */
  brickClass: string
  /** Measured of buildings alone. */
  onlyBuilding?: boolean
}

export const QUANTITIES: Readonly<Record<string, Quantity>> = {
  // Registers have no noise: a meter only counts up.
  energy: {
    of: (place) => place.energyKwh,
    noise: 0,
    noiseShare: 0,
    step: 0.01,
    brickClass: 'Energy_Usage_Sensor',
    onlyBuilding: true,
  },
  water: {
    of: (place) => place.waterCubicMetres,
    noise: 0,
    noiseShare: 0,
    step: 0.001,
    brickClass: 'Water_Usage_Sensor',
    onlyBuilding: true,
  },
  power: {
    of: (place) => place.powerWatts,
    noise: 0,
    noiseShare: 0.008,
    step: 1,
    brickClass: 'Electric_Power_Sensor',
  },
  temperature: {
    of: (place) => place.temperatureCelsius,
    noise: 0.07,
    noiseShare: 0,
    step: 0.05,
    brickClass: 'Zone_Air_Temperature_Sensor',
  },
  humidity: {
    of: (place) => relativeHumidity(place.temperatureCelsius, place.humidityRatio),
    noise: 0.5,
    noiseShare: 0,
    step: 0.1,
    brickClass: 'Zone_Air_Humidity_Sensor',
  },
  co2: { of: (place) => place.co2Ppm, noise: 8, noiseShare: 0.01, step: 1, brickClass: 'CO2_Level_Sensor' },
  illuminance: {
    of: (place) => place.illuminanceLux,
    noise: 1,
    noiseShare: 0.02,
    step: 1,
    brickClass: 'Illuminance_Sensor',
  },
  occupancy: {
    of: (place) => place.people,
    noise: 0,
    noiseShare: 0,
    step: 1,
    brickClass: 'Occupancy_Count_Sensor',
  },
  presence: {
    of: (place) => (place.people >= 0.5 ? 1 : 0),
    noise: 0,
    noiseShare: 0,
    step: 1,
    brickClass: 'Occupancy_Sensor',
  },
  ventilation: {
    of: (place) => place.ventilationPercent,
    noise: 0.3,
    noiseShare: 0,
    step: 1,
    brickClass: 'Damper_Position_Sensor',
  },
  setpoint: {
    of: (place) => place.setpointCelsius,
    noise: 0,
    noiseShare: 0,
    step: 0.5,
    brickClass: 'Zone_Air_Temperature_Setpoint',
  },
}

/** Means by floor area for the air, sums for people; power and registers are the building's own. */
export const wholeBuilding = (building: Building, state: BuildingState): Place => {
  const { zones } = state
  const named = building.zones.map(({ areaSquareMetres }) => areaSquareMetres)
  const areas = [...named, Math.max(1, building.areaSquareMetres - named.reduce((a, b) => a + b, 0))]
  const total = areas.reduce((a, b) => a + b, 0)
  const mean = (of: (zone: ZoneState) => number): number =>
    zones.reduce((sum, zone, index) => sum + of(zone) * (areas[index] ?? 0), 0) / total
  return {
    temperatureCelsius: mean((zone) => zone.temperatureCelsius),
    humidityRatio: mean((zone) => zone.humidityRatio),
    co2Ppm: mean((zone) => zone.co2Ppm),
    people: state.people,
    ventilationPercent: mean((zone) => zone.ventilationPercent),
    setpointCelsius: mean((zone) => zone.setpointCelsius),
    illuminanceLux: mean((zone) => zone.illuminanceLux),
    powerWatts: state.powerWatts,
    energyKwh: state.energyKwh,
    waterCubicMetres: state.waterCubicMetres,
  }
}
