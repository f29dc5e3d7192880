import type { Kind } from '../observation.ts'

/**
 * What may be wrong with a Datastream's readings. A finding is said beside the data and never changes it: the values
 * themselves stay as they were sent.
 */
export const QUALITY_KINDS = [
  'counter-reset',
  'counter-rollover',
  'impossible-jump',
  'stuck-value',
  'silence',
  'clock-skew',
] as const

export type QualityKind = (typeof QUALITY_KINDS)[number]

/** One finding. Of a Datastream, kind and `fromMs` name it. */
export interface Finding {
  kind: QualityKind
  /** Time of the reading with which it begins. */
  fromMs: number
  /** Time of the reading with which it ends; null while it lasts. */
  toMs: number | null
  /** How often it happened in a row; findings of one kind that touch inside one hour are one. */
  count: number
  /** One English sentence with figures. Whoever may not have the exact values is not told it (`city/disclosure.ts`). */
  detail: string
}

/** What a Datastream is judged by. */
export interface QualityRules {
  property: string
  unit: string
  kind: Kind
  /** The Datastream's step; undefined while it is not known, and then silence is not judged. */
  stepMs: number | undefined
}

/** A value with as many digits as say something. */
export const shownValue = (value: number): string => String(Number(value.toPrecision(9)))

/** `90 s`, `45 min`, `2.5 h`, `12 d`. */
export const shownDuration = (ms: number): string => {
  const [size, name] = DURATIONS.find(([size]) => ms >= 2 * size) ?? [1000, 's']
  return `${Number((ms / size).toFixed(1))} ${name}`
}

const DURATIONS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
] as const
