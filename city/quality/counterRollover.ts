import type { Sample } from '../observation.ts'
import { registerFell } from '../partials.ts'
import { shownValue, type Finding, type QualityRules } from './finding.ts'

/**
 * A counter that fell from just below the end of a register to just above zero began anew. Registers end at a power of
 * ten (that many digits on the dial) or at 2^16, 2^24, 2^31 or 2^32 of their own unit, which is a decimal part or multiple of ours
 * (Wh, 0.1 kWh, litres ...).
 */
export const counterRollover = (
  { kind, unit }: QualityRules,
  before: Sample,
  after: Sample,
): Finding | undefined => {
  if (kind !== 'counter' || !registerFell(before.value, after.value)) return undefined
  const end = rolledOverAt(before.value, after.value)
  if (end === undefined) return undefined
  return {
    kind: 'counter-rollover',
    fromMs: before.timeMs,
    toMs: after.timeMs,
    count: 1,
    detail: `the register went from ${shownValue(before.value)} to ${shownValue(after.value)} ${unit}, past its end at ${shownValue(end)}`,
  }
}

/** How near to the register's end, and after it to zero, readings must lie: a share of the register. */
const NEAR = 0.02
/** A register of less than a thousand counts would roll over daily; nobody builds one. */
const SMALLEST = 1000

const WIDTHS = [1, 2 ** 16, 2 ** 24, 2 ** 31, 2 ** 32].map(
  (width) => width / 10 ** Math.floor(Math.log10(width)),
)

/** Where the register ended, when a fall from `before` to `after` looks like its end; else undefined. */
export const rolledOverAt = (before: number, after: number): number | undefined => {
  if (before < SMALLEST * (1 - NEAR) || after < 0) return undefined
  const decade = 10 ** Math.floor(Math.log10(before))
  return WIDTHS.flatMap((width) => [width * decade, width * decade * 10]).find(
    (end) => end >= SMALLEST && before < end && before >= end * (1 - NEAR) && after <= end * NEAR,
  )
}
