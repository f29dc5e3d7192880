import type { Sample } from '../observation.ts'
import { hourOf } from '../partials.ts'
import { counterReset } from './counterReset.ts'
import { counterRollover } from './counterRollover.ts'
import type { Finding, QualityKind, QualityRules } from './finding.ts'
import { impossibleJump } from './impossibleJump.ts'
import { silence } from './silence.ts'
import { continuesRun, stuckValue } from './stuckValue.ts'

/**
 * One Datastream's readings, one after the other in ascending time. What is found depends on the readings alone, not
 * on when or in what portions they came: whoever goes on from a state, or begins anew earlier, finds the same.
 */
export interface Examined {
  lastMs: number
  lastValue: number
  /** Since when the value has been the same. */
  runFromMs: number
  /** The finding that ends at the last reading, of each kind: the next one may go on with it. */
  touching: readonly Finding[]
}

/** Findings by neighbours alone. A new detector of this kind is one file and one line here. */
const PAIR_DETECTORS: readonly ((
  rules: QualityRules,
  before: Sample,
  after: Sample,
) => Finding | undefined)[] = [counterReset, counterRollover, impossibleJump, silence]

/** The kinds that `examine` finds; `clock-skew` is judged by arrivals and by what lies apart. */
export const SERIES_KINDS: readonly QualityKind[] = [
  'counter-reset',
  'counter-rollover',
  'impossible-jump',
  'stuck-value',
  'silence',
]

const NONE: readonly Finding[] = []

/** The state after a Datastream's first reading. */
export const firstExamined = ({ timeMs, value }: Sample): Examined => ({
  lastMs: timeMs,
  lastValue: value,
  runFromMs: timeMs,
  touching: NONE,
})

/**
 * Goes on by one later reading, in place. Returns the findings that begin, grow or end with it, each to be put in the
 * place of what is known under its kind and beginning.
 */
export const examineNext = (state: Examined, rules: QualityRules, sample: Sample): readonly Finding[] => {
  const before = { timeMs: state.lastMs, value: state.lastValue }
  let found: Finding[] | undefined
  for (const detect of PAIR_DETECTORS) {
    const finding = detect(rules, before, sample)
    if (finding === undefined) continue
    found ??= []
    found.push(joined(state.touching, finding))
  }
  state.touching = found === undefined ? NONE : [...found]
  const stuck = examineRun(state, rules, before, sample)
  state.lastMs = sample.timeMs
  state.lastValue = sample.value
  if (stuck === undefined) return found ?? NONE
  return found === undefined ? [stuck] : [...found, stuck]
}

/** Together with the one that it touches, when both begin in the same hour: a sensor that flickers is one finding. */
const joined = (touching: readonly Finding[], finding: Finding): Finding => {
  const earlier = touching.find(({ kind }) => kind === finding.kind)
  if (earlier === undefined || hourOf(earlier.fromMs) !== hourOf(finding.fromMs)) return finding
  return { ...earlier, toMs: finding.toMs, count: earlier.count + 1 }
}

const examineRun = (
  state: Examined,
  rules: QualityRules,
  before: Sample,
  sample: Sample,
): Finding | undefined => {
  const run = { fromMs: state.runFromMs, value: before.value }
  const told = stuckValue(rules, { ...run, lastMs: before.timeMs, ended: true })
  if (!continuesRun(rules, before, sample)) {
    state.runFromMs = sample.timeMs
    return told
  }
  // Told once when it begins, and again when it is over.
  return told === undefined ? stuckValue(rules, { ...run, lastMs: sample.timeMs, ended: false }) : undefined
}

/** All findings of ascending readings that are all there is. */
export const examineAll = (rules: QualityRules, samples: readonly Sample[]): Finding[] => {
  const [first, ...others] = samples
  if (first === undefined) return []
  const state = firstExamined(first)
  const found = new Map<string, Finding>()
  for (const sample of others) {
    for (const finding of examineNext(state, rules, sample))
      found.set(`${finding.kind} ${finding.fromMs}`, finding)
  }
  return [...found.values()]
}
