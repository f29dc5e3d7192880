import type { Building, CityFile } from '../city/cityFile.ts'
import type { Reading } from '../city/observation.ts'
import { DEFAULT_SEED, createSimulatedBuilding } from './simulation/simulatedBuilding.ts'
import { GRID_MS } from './simulation/timeline.ts'

export interface HistoryOptions {
  city: CityFile
  building: Building
  /** First time, rounded up to a whole step. */
  fromMs: number
  /** Exclusive. */
  toMs: number
  stepMs?: number
  seed?: number
}

/**
 * A simulated building's readings of the past, step by step, those of one time together. The live driver of the same
 * seed goes on from there: same weather, same people, same registers.
 */
export function* generateHistory(options: HistoryOptions): Generator<Reading[], void> {
  const { city, building, fromMs, toMs, stepMs = GRID_MS, seed = DEFAULT_SEED } = options
  const firstMs = Math.ceil(fromMs / stepMs) * stepMs
  const { timeline, sensors } = createSimulatedBuilding({
    city,
    building,
    seed,
    fromMs: firstMs,
    intervalSeconds: stepMs / 1_000,
  })
  for (let timeMs = firstMs; timeMs < toMs; timeMs += stepMs) yield sensors.read(timeline.at(timeMs))
}
