import type { Reading } from '../../city/observation.ts'
import { MAX_AHEAD_MS } from '../../city/accept.ts'
import type { Chance } from './world.ts'

/** Where a simulated city's wall clock stands when the world begins. */
export const BEGINNING_MS = Date.UTC(2026, 0, 5)

/** How the numbers of one building's readings are told apart from another's. */
const SPAN = 1_000_000

/** What the door makes of a reading. */
export type Fate = 'right' | 'foreign' | 'too early' | 'of a wrong unit'

/** A reading says itself which it is: its value is the building's and its own number, and its time follows from it. */
export const readingOf = (building: number, number: number, fate: Fate): Reading => {
  const value = building * SPAN + number
  const name = `building-${building}`
  const reading = {
    datastream: `${name}/zone-${number % 5}/count`,
    timeMs: BEGINNING_MS + number * 10,
    value,
  }
  if (fate === 'foreign') return { ...reading, datastream: `building-${building + 1}/zone-9/count` }
  // However the clocks jump.
  if (fate === 'too early') return { ...reading, timeMs: reading.timeMs + 10 * MAX_AHEAD_MS }
  if (fate === 'of a wrong unit') return { ...reading, datastream: `${name}/zone-1/co2`, unit: 'kWh' }
  return reading
}

export const drawFate = (chance: Chance): Fate =>
  chance.happens(0.03) ? chance.oneOf(['foreign', 'too early', 'of a wrong unit'] as const) : 'right'
