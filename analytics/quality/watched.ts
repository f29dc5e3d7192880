import { z } from 'zod'
import { freshForMs } from '../../city/buildingNow.ts'
import { addTime, apartBlocks, type Block } from '../../city/quality/apart.ts'
import { createClockWatch, noteArrival, type ClockWatch } from '../../city/quality/clockSkew.ts'
import { examineNext, firstExamined, type Examined } from '../../city/quality/examine.ts'
import type { Finding, QualityRules } from '../../city/quality/finding.ts'
import { addRange, type TimeRange } from '../../city/quality/ranges.ts'
import { openSilence } from '../../city/quality/silence.ts'
import type { Sample } from '../../city/observation.ts'
import type { Datastream } from '../../store/catalogue/catalogue.ts'
import type { QualityChange } from '../../store/quality.ts'

/** One Datastream under watch: how far it has been looked at, what waits, and whether it speaks. */
export interface Watched {
  datastream: Datastream
  rules: QualityRules
  /** After its newest reading; undefined while that is not known. */
  state: Examined | undefined
  /** Stretches that must be looked at again in the store. */
  dirty: readonly TimeRange[]
  /** Those that are being looked at: what comes meanwhile is marked, not judged. */
  settling: readonly TimeRange[]
  blocks: Block[]
  apartFrom: readonly number[]
  clock: ClockWatch
  /** The newest time at which it was heard of in its present; null for data that only ever told the past. */
  liveMs: number | null
  silentFromMs: number | undefined
  /** Steps in a row from which an undeclared one is learned. */
  steps: number[]
  /** True when what `progressOf` gives has changed since it was kept. */
  changed: boolean
}

/** Steps from which the step of a Datastream that declared none is taken, as their median. */
const LEARNED_FROM = 9

export const watchedOf = (datastream: Datastream): Watched => ({
  datastream,
  rules: rulesOf(datastream, undefined),
  state: undefined,
  dirty: [],
  settling: [],
  blocks: [],
  apartFrom: [],
  clock: createClockWatch(),
  liveMs: null,
  silentFromMs: undefined,
  steps: [],
  changed: false,
})

/** A declared step holds before a learned one: the longest ever declared, for the past may have been read less often. */
const rulesOf = (
  { property, unit, kind, longestIntervalSeconds }: Datastream,
  learnedMs: number | undefined,
): QualityRules => ({
  property,
  unit,
  kind,
  stepMs: longestIntervalSeconds === null ? learnedMs : longestIntervalSeconds * 1000,
})

/** Takes a new description over; true when what was judged by the old one must be judged anew. */
export const redeclare = (watched: Watched, datastream: Datastream): boolean => {
  const { kind, stepMs } = watched.rules
  watched.datastream = datastream
  watched.rules = rulesOf(datastream, stepMs)
  return watched.rules.kind !== kind || !isNear(watched.rules.stepMs, stepMs)
}

/** A step that was learned and is then declared as much the same (an import does) is no reason to read all again. */
const isNear = (a: number | undefined, b: number | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && Math.abs(a - b) <= 0.1 * b)

/** Takes one committed reading in. Bounded and without I/O: it is asked for each reading that comes in. */
export const takeReading = (
  watched: Watched,
  { timeMs, value }: Sample,
  arrivedMs: number,
  changes: QualityChange[],
): void => {
  watched.changed = true
  addTime(watched.blocks, timeMs)
  noteLife(watched, timeMs, arrivedMs, changes)
  const { state } = watched
  if (watched.dirty.length + watched.settling.length > 0 || state === undefined) {
    watched.dirty = addRange(watched.dirty, { fromMs: timeMs, toMs: timeMs })
  } else if (timeMs > state.lastMs) {
    if (watched.rules.stepMs === undefined) learnStep(watched, timeMs - state.lastMs)
    for (const put of examineNext(state, watched.rules, { timeMs, value })) {
      changes.push({ datastreamId: watched.datastream.id, put })
    }
  } else if (timeMs < state.lastMs || value !== state.lastValue) {
    watched.dirty = addRange(watched.dirty, { fromMs: timeMs, toMs: timeMs })
  }
}

/**
 * Takes one committed reading in without judging it: nothing can be told now, and its time is looked at again. That it
 * is alive is noted; the silence and the clock's fault that were told stay as they are, for each is told but once when
 * it begins and once when it ends, which the next reading that is judged does.
 */
export const putOff = (watched: Watched, { timeMs }: Sample, arrivedMs: number): void => {
  watched.changed = true
  addTime(watched.blocks, timeMs)
  watched.dirty = addRange(watched.dirty, { fromMs: timeMs, toMs: timeMs })
  const aliveMs = aliveAt(watched, timeMs, arrivedMs)
  if (aliveMs !== null) watched.liveMs = Math.max(aliveMs, watched.liveMs ?? 0)
}

/** A Datastream that has no reading before this one needs no look into the store. */
export const beginWith = (watched: Watched, sample: Sample): void => {
  watched.state = firstExamined(sample)
}

const learnStep = (watched: Watched, stepMs: number): void => {
  watched.steps.push(stepMs)
  if (watched.steps.length < LEARNED_FROM) return
  const median = watched.steps.sort((a, b) => a - b)[LEARNED_FROM >> 1]
  watched.rules = rulesOf(watched.datastream, median)
  watched.steps = []
}

const noteLife = (watched: Watched, timeMs: number, arrivedMs: number, changes: QualityChange[]): void => {
  const { rules, clock } = watched
  const { id: datastreamId } = watched.datastream
  const finding = noteArrival(clock, { timeMs, arrivedMs, stepMs: rules.stepMs })
  if (finding !== undefined) changes.push({ datastreamId, put: finding })
  const aliveMs = aliveAt(watched, timeMs, arrivedMs)
  if (aliveMs === null || aliveMs < (watched.liveMs ?? 0)) return
  watched.liveMs = aliveMs
  if (watched.silentFromMs === undefined) return
  const fromMs = watched.silentFromMs
  watched.silentFromMs = undefined
  changes.push({ datastreamId, drop: ['silence'], fromMs, toMs: fromMs + 1, onlyOpen: true })
}

/** When a reading says that its sender was alive; null for one that tells the past. */
const aliveAt = ({ rules, clock }: Watched, timeMs: number, arrivedMs: number): number | null => {
  if (clock.fault !== undefined) return arrivedMs
  return arrivedMs - timeMs <= freshForMs(rules.stepMs) ? Math.min(timeMs, arrivedMs) : null
}

/** What the clock alone brings: silence that has begun, and times that turned out to lie apart. */
export const lookByClock = (watched: Watched, nowMs: number): QualityChange[] => {
  const { id: datastreamId } = watched.datastream
  const isWaiting = watched.dirty.length + watched.settling.length > 0
  const changes: QualityChange[] = []
  if (watched.liveMs !== null && watched.silentFromMs === undefined && !isWaiting) {
    const put = openSilence(watched.rules, watched.liveMs, nowMs)
    if (put !== undefined) {
      watched.silentFromMs = put.fromMs
      watched.changed = true
      changes.push({ datastreamId, put })
    }
  }
  if (watched.blocks.length > 1 || watched.apartFrom.length > 0) changes.push(...lookApart(watched, nowMs))
  return changes
}

const lookApart = (watched: Watched, nowMs: number): QualityChange[] => {
  const { id: datastreamId } = watched.datastream
  const found = apartBlocks(watched.blocks, nowMs)
  const key = (findings: readonly Finding[]): number[] =>
    findings.flatMap(({ fromMs, toMs }) => [fromMs, toMs ?? 0])
  const now = key(found)
  if (now.length === watched.apartFrom.length && now.every((ms, at) => ms === watched.apartFrom[at]))
    return []
  const gone = watched.apartFrom.filter((_, at) => at % 2 === 0)
  watched.apartFrom = now
  watched.changed = true
  return [
    ...gone.map((fromMs) => ({ datastreamId, drop: ['clock-skew'] as const, fromMs, toMs: fromMs + 1 })),
    ...found.map((put) => ({ datastreamId, put })),
  ]
}

const progressSchema = z.object({
  state: z
    .object({
      lastMs: z.number(),
      lastValue: z.number(),
      runFromMs: z.number(),
    })
    .optional(),
  dirty: z.array(z.object({ fromMs: z.number(), toMs: z.number() })),
  blocks: z.array(z.object({ fromMs: z.number(), toMs: z.number() })),
  apartFrom: z.array(z.number()),
  stepMs: z.number().optional(),
  liveMs: z.number().nullable(),
  silentFromMs: z.number().optional(),
  fault: z.object({ fromMs: z.number(), lastMs: z.number(), aheadMs: z.number() }).optional(),
})

/** What a restart goes on from. */
export const progressOf = ({
  state,
  dirty,
  settling,
  blocks,
  apartFrom,
  rules,
  clock,
  ...rest
}: Watched): string =>
  JSON.stringify({
    ...(state && {
      state: { lastMs: state.lastMs, lastValue: state.lastValue, runFromMs: state.runFromMs },
    }),
    dirty: settling.reduce(addRange, [...dirty]),
    blocks,
    apartFrom,
    stepMs: rules.stepMs,
    liveMs: rest.liveMs,
    silentFromMs: rest.silentFromMs,
    fault: clock.fault,
  })

/** Takes up what was kept; `touching` are findings that end at its newest reading. */
export const takeUp = (
  watched: Watched,
  progress: string,
  touchingAt: (lastMs: number) => readonly Finding[],
): void => {
  const kept = progressSchema.parse(JSON.parse(progress))
  if (kept.state) watched.state = { ...kept.state, touching: touchingAt(kept.state.lastMs) }
  watched.dirty = kept.dirty
  watched.blocks = kept.blocks
  watched.apartFrom = kept.apartFrom
  watched.rules = rulesOf(watched.datastream, kept.stepMs)
  watched.liveMs = kept.liveMs
  watched.silentFromMs = kept.silentFromMs
  watched.clock.fault = kept.fault
}
