import type { Reading } from '../../city/observation.ts'
import { propertyOf, thingOf } from '../../city/names.ts'
import { createRoomMemory, isPresenceInput } from '../../city/presence.ts'

/** One moment of a room: what was known then, and whether somebody was there. */
export interface PresenceExample {
  room: string
  timeMs: number
  features: Float64Array
  isPresent: boolean
}

export interface PresenceExamples {
  /** Ascending by room and time. */
  examples: PresenceExample[]
  /** Labelled moments without features: an input was missing or stale. */
  withoutFeatures: number
}

/**
 * The labelled moments in a file's readings: wherever a room has `presence` (or `occupancy`, people), with the inputs
 * as they were known then. Readings of the same time count as known at that time; order does not matter.
 */
export const presenceExamples = (
  readings: readonly Reading[],
  options: { withLight: boolean; timeZone: string },
): PresenceExamples => {
  const result: PresenceExamples = { examples: [], withoutFeatures: 0 }
  const rooms = Map.groupBy(readings, ({ datastream }) => thingOf(datastream))
  for (const [room, ofRoom] of [...rooms].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const memory = createRoomMemory(options)
    for (const [timeMs, atOnce] of momentsOf(ofRoom)) {
      let label: number | undefined
      for (const { datastream, value } of atOnce) {
        const property = propertyOf(datastream)
        if (isPresenceInput(property)) memory.add(property, { timeMs, value })
        else if (property === 'presence' || property === 'occupancy') label = value
      }
      if (label === undefined) continue
      const features = memory.features(timeMs)
      if (features) result.examples.push({ room, timeMs, features, isPresent: label > 0 })
      else result.withoutFeatures += 1
    }
  }
  return result
}

const momentsOf = (readings: readonly Reading[]): Map<number, Reading[]> =>
  Map.groupBy(
    readings.toSorted((a, b) => a.timeMs - b.timeMs),
    ({ timeMs }) => timeMs,
  )
