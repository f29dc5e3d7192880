import { CONTEXT_HOURS, type Context } from './context.ts'
import { issueHour } from './block.ts'

/** Hours of the past that a network sees as they are: two weeks, whole local days. */
export const ALIGNED_HOURS = 336

/**
 * Writes the last two weeks to `out` from `offset` on, shifted so that each column always is the same local hour of the
 * day. Hours that are missing, and those of the last day that have not come yet, hold the mean of the same hour in the
 * weeks before.
 */
export const writeAligned = (context: Context, out: Float32Array, offset: number): void => {
  const { values } = context
  const hour = issueHour(context)
  const last = CONTEXT_HOURS + (hour === 0 ? 0 : 24 - hour)
  for (let i = 0; i < ALIGNED_HOURS; i += 1) {
    const at = last - ALIGNED_HOURS + i
    const value = at < CONTEXT_HOURS ? values[at]! : NaN
    out[offset + i] = Number.isNaN(value) ? weeksBefore(values, at) : value
  }
}

const weeksBefore = (values: Float64Array, at: number): number => {
  let sum = 0
  let count = 0
  for (let i = at - 168; i >= 0; i -= 168) {
    const value = values[i]!
    if (Number.isNaN(value)) continue
    sum += value
    count += 1
  }
  return count === 0 ? 0 : sum / count
}
