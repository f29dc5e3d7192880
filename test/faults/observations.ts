import type { Reading } from '../../city/observation.ts'

/**
 * Observations that say themselves what they are: the value is the source's index and a sequence number, and
 * Datastream and time follow from it. So whatever is found in a store is known to be sent or invented, and in its
 * place or not, without any memory of what was sent.
 */
export interface Source {
  /** Device and building at once. */
  name: string
  index: number
}

/** Sequence numbers of one source stay below this. */
const SPAN = 1e9
const BASE_MS = Date.UTC(2025, 0, 1)
const STEP_MS = 1000
const LATE_MS = 3 * 24 * 3_600_000
/** No store may keep what lies so far ahead: the door quarantines it. */
const IMPOSSIBLE_MS = Date.UTC(2200, 0, 1)
/** Often a new Datastream: the catalogue must not forget one that the store has rows of. */
const ROWS_OF_A_DATASTREAM = 400

/** Every range of times that observations of a Datastream may lie in. */
export const RANGE_MS = { fromMs: 0, toMs: Date.UTC(2100, 0, 1) }

export const observationOf = ({ name, index }: Source, seq: number): Reading => ({
  datastream: `${name}/zone-${Math.floor(seq / ROWS_OF_A_DATASTREAM)}/count`,
  timeMs: isImpossible(seq) ? IMPOSSIBLE_MS + seq : BASE_MS + seq * STEP_MS - (isLate(seq) ? LATE_MS : 0),
  value: index * SPAN + seq,
})

const isLate = (seq: number): boolean => seq % 7 === 3
const isImpossible = (seq: number): boolean => seq % 101 === 50

/** Which source's and which number's observation a value says it is. */
export const identityOf = (value: number): { index: number; seq: number } => ({
  index: Math.floor(value / SPAN),
  seq: value % SPAN,
})
