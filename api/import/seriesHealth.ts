import { shownDuration } from '../../city/quality/finding.ts'
import type { Finding } from '../../store/table/findings.ts'

/** Properties that a device measures: a long run of zeros is a missing reading rather than an empty room. */
const MEASURED: readonly string[] = ['energy', 'power', 'water', 'co2', 'humidity']
const LONG_RUN = 24
/** A series that was cut at a limit has its greatest value many times and far above its mean. */
const CLIPPED = { times: 5, timesMean: 5 }
const MAX_STEPS = 64
/** Steps that agree to so many digits are the same step: loggers that drift write 19 min 58 s and 20 min 3 s. */
const STEP_DIGITS = 2

interface Seen {
  count: number
  firstLine: number
}

/** Watches one series in the file's order: steps, gaps, runs of zero, values cut at a limit. */
export interface SeriesHealth {
  add(timeMs: number, value: number, line: number): void
  /** The most frequent step between readings in seconds; null when none is known. */
  intervalSeconds(): number | null
  findings(): Finding[]
}

/** One watch for one series; bounded memory, whatever the series holds. */
export const createSeriesHealth = (series: string, property: string): SeriesHealth => {
  const steps = new Map<number, Seen & { sumMs: number }>()
  const backwards: Seen = { count: 0, firstLine: 0 }
  let lastMs: number | undefined
  let zeros: Seen = { count: 0, firstLine: 0 }
  let longest: Seen = zeros
  let longRuns = 0
  let max = Number.NEGATIVE_INFINITY
  let atMax: Seen = { count: 0, firstLine: 0 }
  let sum = 0
  let count = 0

  const noteStep = (stepMs: number, line: number): void => {
    if (stepMs < 0) {
      if (backwards.count === 0) backwards.firstLine = line
      backwards.count += 1
      return
    }
    if (stepMs === 0) return
    const rounded = Number(stepMs.toPrecision(STEP_DIGITS))
    const key = steps.size < MAX_STEPS || steps.has(rounded) ? rounded : 2 ** Math.ceil(Math.log2(stepMs))
    const seen = steps.get(key)
    if (seen) {
      seen.count += 1
      seen.sumMs += stepMs
    } else {
      steps.set(key, { count: 1, firstLine: line, sumMs: stepMs })
    }
  }
  const noteZero = (value: number, line: number): void => {
    if (value !== 0) {
      if (zeros.count > 0) zeros = { count: 0, firstLine: 0 }
      return
    }
    if (zeros.count === 0) zeros = { count: 0, firstLine: line }
    zeros.count += 1
    if (zeros.count === LONG_RUN) longRuns += 1
    if (zeros.count > longest.count) longest = zeros
  }
  const usualStepMs = (): number | undefined => {
    const usual = [...steps.values()].reduce<(Seen & { sumMs: number }) | undefined>(
      (best, seen) => (best && best.count >= seen.count ? best : seen),
      undefined,
    )
    return usual && usual.sumMs / usual.count
  }

  return {
    add(timeMs, value, line) {
      if (lastMs !== undefined) noteStep(timeMs - lastMs, line)
      lastMs = timeMs
      noteZero(value, line)
      if (value > max) {
        max = value
        atMax = { count: 0, firstLine: line }
      }
      if (value === max) atMax.count += 1
      sum += value
      count += 1
    },
    intervalSeconds() {
      const usual = usualStepMs()
      return usual === undefined ? null : Math.max(1, Math.round(usual / 1000))
    },
    findings() {
      const found: Finding[] = []
      const usual = usualStepMs()
      const gaps = usual === undefined ? [] : [...steps].filter(([stepMs]) => stepMs > usual * 1.5)
      if (usual !== undefined && gaps.length > 0) {
        const widest = Math.max(...gaps.map(([stepMs]) => stepMs))
        found.push({
          code: 'gaps',
          series,
          message: `steps longer than the usual ${shownDuration(usual)}, the longest about ${shownDuration(widest)}`,
          count: gaps.reduce((total, [, seen]) => total + seen.count, 0),
          firstLine: Math.min(...gaps.map(([, seen]) => seen.firstLine)),
        })
      }
      if (backwards.count > 0) {
        found.push({
          code: 'out-of-order',
          series,
          message: 'readings earlier than the one before',
          ...backwards,
        })
      }
      if (longRuns > 0 && MEASURED.includes(property)) {
        found.push({
          code: 'zero-run',
          series,
          message: `${longRuns} runs of at least ${LONG_RUN} zeros, the longest of ${longest.count}: missing readings?`,
          count: longRuns,
          firstLine: longest.firstLine,
        })
      }
      if (
        MEASURED.includes(property) &&
        max > 0 &&
        atMax.count >= CLIPPED.times &&
        max > (CLIPPED.timesMean * sum) / count
      ) {
        found.push({
          code: 'clipped',
          series,
          message: `the greatest value, ${max}, comes ${atMax.count} times: cut at a limit?`,
          ...atMax,
        })
      }
      return found
    },
  }
}
