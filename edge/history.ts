import type { Building, CityFile } from '../city/cityFile.ts'
import type { Reading } from '../city/observation.ts'
import type { Birth } from './driver.ts'
import { createSensors } from './simulation/sensors.ts'
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
  const firstMs = firstStep(fromMs, stepMs)
  const intervalSeconds = stepMs / 1_000
  const { timeline, sensors } = createSimulatedBuilding({
    city,
    building,
    seed,
    fromMs: firstMs,
    intervalSeconds,
  })
  for (let timeMs = firstMs; timeMs < toMs; timeMs += stepMs) yield sensors.read(timeline.at(timeMs))
}

/** The birth message that declares what `generateHistory` yields. */
export const historyBirth = ({ building, stepMs = GRID_MS, seed = DEFAULT_SEED }: HistoryOptions): Birth =>
  createSensors({ building, seed, intervalSeconds: stepMs / 1_000 }).birth

/** About how many readings there will be, gaps not counted: for progress. */
export const expectedReadings = (options: HistoryOptions): number => {
  const { fromMs, toMs, stepMs = GRID_MS } = options
  const steps = Math.max(0, Math.ceil((toMs - firstStep(fromMs, stepMs)) / stepMs))
  return steps * historyBirth(options).datastreams.length
}

const firstStep = (fromMs: number, stepMs: number): number => Math.ceil(fromMs / stepMs) * stepMs
