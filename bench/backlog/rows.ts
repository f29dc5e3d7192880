import type { Reading } from '../../city/observation.ts'

/**
 * What a building's agent has gathered in the hour: a hundred Datastreams, each read every three seconds. The value
 * is the number of the reading in its agent's hour, so that each of them can be told from all others.
 */
export const DATASTREAMS = 100
const STEP_MS = 3000
const START_MS = Date.UTC(2026, 0, 1)

export const datastreamOf = (agent: number, index: number): string =>
  `benchmark/agent-${agent}/zone-${index}/count`

/** The readings of all Datastreams at one step. */
export const readingsAt = (agent: number, step: number): Reading[] =>
  Array.from({ length: DATASTREAMS }, (_, index) => ({
    datastream: datastreamOf(agent, index),
    timeMs: START_MS + step * STEP_MS,
    value: step * DATASTREAMS + index,
  }))

/** True when these are the samples of one Datastream, each once and in its place. */
export const areComplete = (
  samples: readonly { timeMs: number; value: number }[],
  index: number,
  steps: number,
): boolean =>
  samples.length === steps &&
  samples.every(
    ({ timeMs, value }, step) => timeMs === START_MS + step * STEP_MS && value === step * DATASTREAMS + index,
  )
