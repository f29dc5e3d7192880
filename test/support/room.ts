import type { Reading } from '../../city/observation.ts'

const MINUTE_MS = 60_000
/** A Monday at midnight, UTC. */
export const ROOM_START_MS = Date.UTC(2026, 10, 23)

/** Somebody is there from 8 to 12 and from 13 to 17 on working days. */
export const isInRoom = (minute: number): boolean => {
  const hour = (minute / 60) % 24
  const day = Math.floor(minute / 1_440) % 7
  return day < 5 && ((hour >= 8 && hour < 12) || (hour >= 13 && hour < 17))
}

/** Readings of an office room, each minute: its air as one person changes it, and the truth where asked for. */
export const roomReadings = (
  minutes: number,
  { room = 'office/room', withTruth = true }: { room?: string; withTruth?: boolean } = {},
): Reading[] => {
  let [co2, temperature, humidity] = [420, 21, 40]
  return Array.from({ length: minutes }, (_, minute) => {
    const isPresent = isInRoom(minute)
    co2 += (isPresent ? 12 : 0) - (co2 - 420) / 60
    temperature += (isPresent ? 0.02 : 0) - (temperature - 21) / 120
    humidity += (isPresent ? 0.05 : 0) - (humidity - 40) / 90
    const wobble = Math.sin(minute * 1.7)
    const timeMs = ROOM_START_MS + minute * MINUTE_MS
    return [
      { datastream: `${room}/co2`, timeMs, value: co2 + 4 * wobble },
      { datastream: `${room}/temperature`, timeMs, value: temperature + 0.02 * wobble },
      { datastream: `${room}/humidity`, timeMs, value: humidity + 0.1 * wobble },
      ...(withTruth ? [{ datastream: `${room}/presence`, timeMs, value: isPresent ? 1 : 0 }] : []),
    ]
  }).flat()
}
