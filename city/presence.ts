import type { Sample } from './observation.ts'
import { PROPERTIES } from './properties.ts'

/**
 * What a room's air says about people in it: the features of the presence model, the same for training and at the
 * edge. Pure; what the model does with them is `presenceModel.ts`.
 *
 * Levels differ between rooms, seasons and sensors, so only CO2 and light count as such; of temperature and of the
 * water in the air only changes count. Candanedo and Feldheim (2016), doi:10.1016/j.enbuild.2015.11.071, name the
 * same quantities, the absolute humidity among them.
 */
export type PresenceInput = 'co2' | 'temperature' | 'humidity' | 'illuminance'

/** What every presence model needs; light is optional, for many rooms have no such sensor and daylight misleads. */
export const REQUIRED_INPUTS: readonly PresenceInput[] = ['co2', 'temperature', 'humidity']

export const isPresenceInput = (property: string): property is PresenceInput =>
  property === 'illuminance' || (REQUIRED_INPUTS as readonly string[]).includes(property)

/** The recent past of one room by minute, bounded: what an estimate looks at. */
export interface RoomMemory {
  /** Takes a reading, in any order; one that is impossible for a working sensor, or too old to matter, is left out. */
  add(input: PresenceInput, sample: Sample): void
  /**
   * The features at the end of the minute of `timeMs`, or undefined where they would be a guess: an input is missing,
   * stale (nothing within `STALE_MINUTES`), or was not observed for the half hour before.
   */
  features(timeMs: number): Float64Array | undefined
}

/** An input that has been silent for longer gives no estimate. */
export const STALE_MINUTES = 10

/** A lit office has 300 to 500 lx; brighter is the sun, and how bright it is says nothing more. */
const BRIGHT_LUX = 1_000

const MS_PER_MINUTE = 60_000
const MINUTES_PER_DAY = 1_440
/** A level is the mean of so many minutes: enough for a sensor's jitter, short enough to see somebody come in. */
const LEVEL_MINUTES = 5
const CHANGES_MINUTES = [10, 30] as const
const TREND_MINUTES = 180
const LONGEST_MINUTES = TREND_MINUTES + LEVEL_MINUTES

/** Names of the features, in their order. */
export const presenceFeatureNames = (withLight: boolean): string[] => [
  'co2Level',
  ...['co2', 'temperature', 'moisture'].flatMap((name) => [
    ...CHANGES_MINUTES.map((minutes) => `${name}Change${minutes}`),
    `${name}Trend`,
  ]),
  'hourSin1',
  'hourCos1',
  'hourSin2',
  'hourCos2',
  'isWeekend',
  ...(withLight ? ['lightLevel', 'lightChange10'] : []),
]

export const createRoomMemory = ({
  withLight,
  timeZone,
}: {
  withLight: boolean
  /** IANA zone of the hour of the day. */
  timeZone: string
}): RoomMemory => {
  const needed: readonly PresenceInput[] = withLight ? [...REQUIRED_INPUTS, 'illuminance'] : REQUIRED_INPUTS
  const minutes = new Map(needed.map((input) => [input, createMinutes()]))
  /** The mean of every needed input at a minute; undefined when one is silent. */
  const levels = (minute: number): Record<PresenceInput, number> | undefined => {
    const found = { co2: NaN, temperature: NaN, humidity: NaN, illuminance: 0 }
    for (const input of needed) {
      const level = minutes.get(input)?.level(minute)
      if (level === undefined) return undefined
      found[input] = level
    }
    return found
  }
  return {
    add(input, { timeMs, value }) {
      const { min, max } = PROPERTIES[input] ?? { min: -Infinity, max: Infinity }
      if (!(value >= min && value <= max)) return
      minutes.get(input)?.add(Math.floor(timeMs / MS_PER_MINUTE), value)
    },
    features(timeMs) {
      const minute = Math.floor(timeMs / MS_PER_MINUTE)
      const now = levels(minute)
      const before = CHANGES_MINUTES.map((ago) => levels(minute - ago))
      if (!now || before.some((level) => level === undefined)) return undefined
      const trend = {
        co2: minutes.get('co2')?.mean(minute, TREND_MINUTES) ?? now.co2,
        temperature: minutes.get('temperature')?.mean(minute, TREND_MINUTES) ?? now.temperature,
        humidity: minutes.get('humidity')?.mean(minute, TREND_MINUTES) ?? now.humidity,
        illuminance: 0,
      }
      const current = scaled(now)
      const past = [...before.map((level) => scaled(level ?? now)), scaled(trend)]
      const [tenAgo] = past
      return Float64Array.from([
        current.co2,
        ...(['co2', 'temperature', 'moisture'] as const).flatMap((name) =>
          past.map((level) => current[name] - level[name]),
        ),
        ...timeOfDay(minute * MS_PER_MINUTE, timeZone),
        ...(withLight ? [current.light, current.light - (tenAgo?.light ?? current.light)] : []),
      ])
    },
  }
}

/** Each quantity on a scale on which a person in the room changes it by about the same, whatever its level. */
const scaled = ({ co2, temperature, humidity, illuminance }: Record<PresenceInput, number>) => ({
  co2: Math.log(Math.max(co2, 1)),
  temperature,
  moisture: Math.log(Math.max(vapourPressurePascals(temperature, humidity), 1)),
  light: Math.min(illuminance, BRIGHT_LUX),
})

/** Partial pressure of water; saturation by Magnus with the coefficients of Sonntag (1990), over water. */
const vapourPressurePascals = (temperatureCelsius: number, humidityPercent: number): number =>
  (humidityPercent / 100) *
  611.2 *
  Math.exp((17.62 * temperatureCelsius) / (243.12 + Math.max(temperatureCelsius, -90)))

const timeOfDay = (timeMs: number, timeZone: string): number[] => {
  const local = Temporal.Instant.fromEpochMilliseconds(timeMs).toZonedDateTimeISO(timeZone)
  const angle = (2 * Math.PI * (local.hour + local.minute / 60)) / 24
  return [
    Math.sin(angle),
    Math.cos(angle),
    Math.sin(2 * angle),
    Math.cos(2 * angle),
    local.dayOfWeek > 5 ? 1 : 0,
  ]
}

/** Sums by minute in a ring: a sensor of a second and one of five minutes take the same memory. */
const createMinutes = () => {
  const size = LONGEST_MINUTES + CHANGES_MINUTES[1] + STALE_MINUTES
  const ofMinute = new Float64Array(size).fill(-1)
  const sums = new Float64Array(size)
  const counts = new Float64Array(size)

  const mean = (minute: number, count: number): number | undefined => {
    let sum = 0
    let samples = 0
    for (let at = minute - count + 1; at <= minute; at += 1) {
      const slot = slotOf(at)
      if (ofMinute[slot] !== at) continue
      // Each minute weighs the same, however often the sensor spoke in it.
      sum += (sums[slot] ?? 0) / (counts[slot] ?? 1)
      samples += 1
    }
    return samples === 0 ? undefined : sum / samples
  }
  const slotOf = (minute: number): number => ((minute % size) + size) % size
  return {
    mean,
    add(minute: number, value: number): void {
      const slot = slotOf(minute)
      const held = ofMinute[slot] ?? -1
      // What comes too late is past; but a clock that was wrong by days must not shut out the right time for as long.
      if (held > minute && held - minute < MINUTES_PER_DAY) return
      if (held !== minute) {
        ofMinute[slot] = minute
        sums[slot] = 0
        counts[slot] = 0
      }
      sums[slot] = (sums[slot] ?? 0) + value
      counts[slot] = (counts[slot] ?? 0) + 1
    },
    /** The mean of the last minutes, else the newest minute that is not stale. */
    level(minute: number): number | undefined {
      const level = mean(minute, LEVEL_MINUTES)
      if (level !== undefined) return level
      for (let at = minute - LEVEL_MINUTES; at > minute - STALE_MINUTES; at -= 1) {
        const single = mean(at, 1)
        if (single !== undefined) return single
      }
      return undefined
    },
  }
}
