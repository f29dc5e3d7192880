import type { Sample } from './observation.ts'
import { joinHours } from './partials.ts'
import type { Partial } from './partials.ts'

/**
 * The step of a Datastream that declared none, from the times of its readings: the weighted median (the lower one) of
 * the mean spacing inside each UTC hour, weighing as many as there are spacings in it, and of the spacings from one
 * hour's last reading to the next hour's first, weighing one each. The nearest readings outside the range count as
 * hours of their own. Undefined for fewer than two readings.
 *
 * Hours, not single spacings, so that stores can answer from what they keep summed up; a median, so that gaps and
 * bursts do not move it.
 */
export const typicalStepMs = (
  partials: readonly Partial[],
  before: Sample | undefined,
  after: Sample | undefined,
): number | undefined => {
  const spacings: { ms: number; weight: number }[] = []
  let lastMs = before?.timeMs
  for (const hour of joinHours(partials)) {
    if (lastMs !== undefined) spacings.push({ ms: hour.firstMs - lastMs, weight: 1 })
    if (hour.count > 1) {
      spacings.push({ ms: (hour.lastMs - hour.firstMs) / (hour.count - 1), weight: hour.count - 1 })
    }
    lastMs = hour.lastMs
  }
  if (lastMs !== undefined && after) spacings.push({ ms: after.timeMs - lastMs, weight: 1 })
  spacings.sort((a, b) => a.ms - b.ms)
  const total = spacings.reduce((sum, { weight }) => sum + weight, 0)
  let passed = 0
  for (const { ms, weight } of spacings) {
    passed += weight
    if (passed * 2 >= total) return ms
  }
  return undefined
}
