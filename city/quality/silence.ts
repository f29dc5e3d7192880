import { freshForMs } from '../buildingNow.ts'
import type { Sample } from '../observation.ts'
import { shownDuration, type Finding, type QualityRules } from './finding.ts'

/**
 * Nothing came for longer than a value counts as fresh (`city/buildingNow.ts`: three of its steps, five minutes at
 * least): of the past between two readings, of the present by the clock.
 */
export const silentAfterMs = ({ stepMs }: QualityRules): number | undefined =>
  stepMs === undefined ? undefined : freshForMs(stepMs)

export const silence = (rules: QualityRules, before: Sample, after: Sample): Finding | undefined => {
  const longestMs = silentAfterMs(rules)
  const elapsedMs = after.timeMs - before.timeMs
  if (longestMs === undefined || elapsedMs <= longestMs) return undefined
  return {
    kind: 'silence',
    fromMs: before.timeMs,
    toMs: after.timeMs,
    count: 1,
    detail: `no reading for ${shownDuration(elapsedMs)}; its step is ${shownDuration(rules.stepMs ?? 0)}`,
  }
}

/** The silence that lasts now, after the last reading. */
export const openSilence = (rules: QualityRules, lastMs: number, nowMs: number): Finding | undefined => {
  const longestMs = silentAfterMs(rules)
  if (longestMs === undefined || nowMs - lastMs <= longestMs) return undefined
  return {
    kind: 'silence',
    fromMs: lastMs,
    toMs: null,
    count: 1,
    detail: `no reading since; its step is ${shownDuration(rules.stepMs ?? 0)}`,
  }
}
