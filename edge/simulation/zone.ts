import type { Outdoor } from './climate.ts'
import type { Profile } from './profiles.ts'

/**
 * One zone over one step: carbon dioxide by mass balance, temperature by one resistance and one capacity, humidity by
 * mixing. Each is solved exactly for constant inputs, so a step may be seconds or a quarter of an hour.
 */
export interface ZoneState {
  temperatureCelsius: number
  /** Kilograms of water in a kilogram of dry air. */
  humidityRatio: number
  co2Ppm: number
  /** Not whole: an expected count. Sensors count whole people. */
  people: number
  ventilationPercent: number
  setpointCelsius: number
  illuminanceLux: number
  /** Electric power, mean over the step. */
  powerWatts: number
}

export interface ZoneBody {
  areaSquareMetres: number
  capacityPeople: number
  profile: Profile
  airConditioned: boolean
}

/** What acts on a zone from outside during the step. */
export interface ZoneInput {
  outdoor: Outdoor
  people: number
  running: boolean
  /** Set by hand or by a command; else the zone's own control decides. */
  ventilationPercent?: number
  setpointCelsius?: number
}

const HEIGHT_METRES = 3
export const OUTDOOR_CO2_PPM = 425
/** Litres of CO2 a second and person at office work, 1.2 met (about that of an adult in Persily and de Jonge 2017, Indoor Air 27). */
const CO2_LITRES_PER_PERSON_SECOND = 0.0048
/** Outdoor air of offices, ASHRAE 62.1-2019 table 6-1: 2.5 L/s and person and 0.3 L/s and square metre; a third spare. */
const AIR_LITRES_PER_PERSON = 2.5 * 1.33
const AIR_LITRES_PER_SQUARE_METRE = 0.3 * 1.33
const INFILTRATION_PER_HOUR = 0.15
/** ISO 13790 table 12, medium construction: 165 kJ per kelvin and square metre. */
const CAPACITY_JOULES_PER_SQUARE_METRE = 165_000
/** Walls, windows and roof, per square metre of floor and kelvin. */
const ENVELOPE_WATTS = 1.1
/** Sun through the windows, as a share of what falls on a level square metre, per square metre of floor. */
const SOLAR_SHARE = 0.035
/** Sensible heat of a person at office work, ASHRAE Fundamentals, chapter 18. */
const PERSON_WATTS = 75
/** Air: 1.2 kg/m3 times 1,006 J/(kg K), for a litre a second. */
const AIR_WATTS_PER_LITRE_SECOND = 1.2
const FAN_WATTS_PER_LITRE_SECOND = 1.1
/** Water that the coil takes out costs cooling too: sensible heat is this share of all. */
const SENSIBLE_SHARE = 0.72
const COIL_HUMIDITY_RATIO = 0.0108
const COIL_SECONDS = 1_800
const NIGHT_SETPOINT_CELSIUS = 29

export const initialZone = (body: ZoneBody, outdoor: Outdoor): ZoneState => ({
  temperatureCelsius: body.airConditioned ? 27 : outdoor.temperatureCelsius,
  humidityRatio: 0.8 * outdoor.humidityRatio,
  co2Ppm: OUTDOOR_CO2_PPM + 30,
  people: 0,
  ventilationPercent: 10,
  setpointCelsius: body.profile.setpointCelsius,
  illuminanceLux: 0,
  powerWatts: 0,
})

export const stepZone = (body: ZoneBody, before: ZoneState, input: ZoneInput, seconds: number): ZoneState => {
  const { areaSquareMetres: area, profile } = body
  const { outdoor, people, running } = input
  const ventilationPercent = input.ventilationPercent ?? ventilationFor(before.co2Ppm, running)
  const setpointCelsius =
    input.setpointCelsius ?? (running ? profile.setpointCelsius : NIGHT_SETPOINT_CELSIUS)

  const volumeLitres = area * HEIGHT_METRES * 1_000
  const fanLitresPerSecond =
    (ventilationPercent / 100) *
    (AIR_LITRES_PER_PERSON * body.capacityPeople + AIR_LITRES_PER_SQUARE_METRE * area)
  const airLitresPerSecond = fanLitresPerSecond + (INFILTRATION_PER_HOUR / 3_600) * volumeLitres
  const airSeconds = volumeLitres / airLitresPerSecond

  const steadyCo2 = OUTDOOR_CO2_PPM + (1e6 * CO2_LITRES_PER_PERSON_SECOND * people) / airLitresPerSecond
  const co2Ppm = approach(before.co2Ppm, steadyCo2, seconds / airSeconds)

  const daylight = outdoor.solarWattsPerSquareMetre / 1_000
  const lit = lightShare(people / Math.max(1, body.capacityPeople), running, daylight)
  const lightWatts = lit * profile.lightingWattsPerSquareMetre * area
  const plugWatts = profile.baseWattsPerSquareMetre * area + profile.plugWattsPerPerson * people

  const gainWatts =
    PERSON_WATTS * people + lightWatts + plugWatts + SOLAR_SHARE * outdoor.solarWattsPerSquareMetre * area
  const lossWattsPerKelvin = ENVELOPE_WATTS * area + AIR_WATTS_PER_LITRE_SECOND * airLitresPerSecond
  const timeSteps = (seconds * lossWattsPerKelvin) / (CAPACITY_JOULES_PER_SQUARE_METRE * area)
  const steadyCelsius = outdoor.temperatureCelsius + gainWatts / lossWattsPerKelvin
  const freeCelsius = approach(before.temperatureCelsius, steadyCelsius, timeSteps)
  const kelvinPerWatt = (1 - Math.exp(-timeSteps)) / lossWattsPerKelvin
  const coolingWatts = body.airConditioned
    ? Math.min(
        profile.coolingWattsPerSquareMetre * area,
        Math.max(0, freeCelsius - setpointCelsius) / kelvinPerWatt,
      )
    : 0

  const coolingShare = coolingWatts / (profile.coolingWattsPerSquareMetre * area)
  const mixed = approach(before.humidityRatio, outdoor.humidityRatio, seconds / airSeconds)
  const humidityRatio = approach(
    mixed,
    Math.min(mixed, COIL_HUMIDITY_RATIO),
    (Math.min(1, 3 * coolingShare) * seconds) / COIL_SECONDS,
  )
  return {
    temperatureCelsius: freeCelsius - coolingWatts * kelvinPerWatt,
    humidityRatio,
    co2Ppm,
    people,
    ventilationPercent,
    setpointCelsius,
    illuminanceLux: 520 * lit + 260 * daylight,
    powerWatts:
      lightWatts +
      plugWatts +
      FAN_WATTS_PER_LITRE_SECOND * fanLitresPerSecond +
      coolingWatts / SENSIBLE_SHARE / coefficientOfPerformance(outdoor.temperatureCelsius),
  }
}

/** Towards `target`, exactly, after `timeSteps` time constants. */
const approach = (value: number, target: number, timeSteps: number): number =>
  target + (value - target) * Math.exp(-timeSteps)

/** Demand control: a floor while the building runs, full air at 1,100 ppm. */
const ventilationFor = (co2Ppm: number, running: boolean): number =>
  running ? Math.min(100, Math.max(35, 35 + (65 * (co2Ppm - 600)) / 500)) : 10

const lightShare = (fullness: number, running: boolean, daylight: number): number =>
  running ? Math.min(1, 0.3 + 1.1 * fullness) * (1 - 0.35 * daylight) : Math.min(0.6, 0.06 + fullness)

/** Cooling per electric watt; falls when the heat must go into hotter air. */
const coefficientOfPerformance = (outdoorCelsius: number): number =>
  Math.min(4.6, Math.max(2.4, 3.5 - 0.06 * (outdoorCelsius - 32)))
