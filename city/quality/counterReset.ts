import type { Sample } from '../observation.ts'
import { registerFell } from '../partials.ts'
import { rolledOverAt } from './counterRollover.ts'
import { shownValue, type Finding, type QualityRules } from './finding.ts'

/**
 * A counter that fell without having reached the end of its register was set back: exchanged, reset, or overwritten.
 * What it consumed across the fall is not known, and buckets count the new register value alone (`city/partials.ts`).
 */
export const counterReset = (
  { kind, unit }: QualityRules,
  before: Sample,
  after: Sample,
): Finding | undefined => {
  if (kind !== 'counter' || !registerFell(before.value, after.value)) return undefined
  if (rolledOverAt(before.value, after.value) !== undefined) return undefined
  return {
    kind: 'counter-reset',
    fromMs: before.timeMs,
    toMs: after.timeMs,
    count: 1,
    detail: `the register fell from ${shownValue(before.value)} to ${shownValue(after.value)} ${unit}`,
  }
}
