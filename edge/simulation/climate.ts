import type { Calendar } from '../../city/calendar.ts'
import { HOUR_MS } from '../../city/partials.ts'
import { humidityRatioAtDewPoint } from './moistAir.ts'
import { type Random, keyedRandom } from './random.ts'

/** The air and the sun outside. */
export interface Outdoor {
  temperatureCelsius: number
  /** Kilograms of water in a kilogram of dry air. */
  humidityRatio: number
  /** On a level surface. */
  solarWattsPerSquareMetre: number
}

export type Climate = (timeMs: number) => Outdoor

/**
 * An equatorial coast (Koeppen Af): days and seasons hardly differ, afternoons reach about 32, nights 24 degrees, the
 * dew point stays near 24, and about every second day a thunderstorm cools the afternoon. Typical figures, not the
 * normals of a station. All of a city's buildings share it: the seed is the city's.
 */
export const createClimate = ({ calendar, seed }: { calendar: Calendar; seed: number }): Climate => {
  const weather = new Map<number, DayWeather>()
  const weatherOf = (startMs: number): DayWeather => {
    let known = weather.get(startMs)
    if (!known) {
      known = drawWeather(keyedRandom(seed, CLIMATE, Math.floor(startMs / HOUR_MS)))
      weather.set(startMs, known)
      if (weather.size > CACHED_DAYS) weather.delete(weather.keys().next().value ?? startMs)
    }
    return known
  }

  return (timeMs) => {
    const { startMs, endMs } = calendar.day(timeMs)
    const hour = (timeMs - startMs) / HOUR_MS
    const today = weatherOf(startMs)
    const tomorrow = weatherOf(endMs)
    // Slides from one day's air mass to the next, so that midnight is no step.
    const share = hour / 24
    const offset = today.offsetCelsius * (1 - share) + tomorrow.offsetCelsius * share
    const dewPoint = today.dewPointCelsius * (1 - share) + tomorrow.dewPointCelsius * share
    const shower = showerAt(today, hour)
    const cloud = Math.min(0.95, today.cloud + 0.6 * shower)
    return {
      temperatureCelsius: MEAN_CELSIUS + offset + dailyWave(hour) * (1 - 0.45 * today.cloud) - 3.2 * shower,
      humidityRatio: humidityRatioAtDewPoint(dewPoint + 0.4 * shower),
      solarWattsPerSquareMetre: CLEAR_NOON_WATTS * Math.max(0, sunHeight(hour)) * (1 - 0.75 * cloud),
    }
  }
}

const CLIMATE = 1
const CACHED_DAYS = 64
const MEAN_CELSIUS = 27.2
/** Clear sky at noon near the equator, global horizontal. */
const CLEAR_NOON_WATTS = 980
const SUNRISE_HOUR = 6.1
const SUNSET_HOUR = 18.2

interface DayWeather {
  offsetCelsius: number
  dewPointCelsius: number
  /** Share of the sky, 0 to 1. */
  cloud: number
  /** Hour at which rain begins; none: beyond the day. */
  rainFrom: number
  rainHours: number
}

const drawWeather = (random: Random): DayWeather => ({
  offsetCelsius: 0.7 * random.normal(),
  dewPointCelsius: 23.7 + 0.5 * random.normal(),
  cloud: 0.2 + 0.5 * random.uniform(),
  rainFrom: random.uniform() < 0.48 ? 12.5 + 6 * random.uniform() : 99,
  rainHours: 1 + 2.5 * random.uniform(),
})

/** Degrees around the mean: lowest before sunrise, highest two hours after noon, slower down than up. */
const dailyWave = (hour: number): number => {
  const rising = hour >= 5.5 && hour < 14
  if (rising) return -3 + 7.6 * 0.5 * (1 - Math.cos((Math.PI * (hour - 5.5)) / 8.5))
  const since = hour >= 14 ? hour - 14 : hour + 10
  return 4.6 - 7.6 * 0.5 * (1 - Math.cos((Math.PI * since) / 15.5))
}

const sunHeight = (hour: number): number =>
  Math.sin((Math.PI * (hour - SUNRISE_HOUR)) / (SUNSET_HOUR - SUNRISE_HOUR))

/** How much of a shower there is, 0 to 1: sets in within 20 minutes and dries off over two hours. */
const showerAt = ({ rainFrom, rainHours }: DayWeather, hour: number): number => {
  if (hour < rainFrom) return 0
  if (hour < rainFrom + rainHours) return Math.min(1, (hour - rainFrom) * 3)
  return Math.exp(-(hour - rainFrom - rainHours) / 2) * Math.max(0, Math.min(1, (24 - hour) / 2))
}
