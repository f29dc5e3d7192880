/**
 * What moves along the path of one reading. Times are epoch milliseconds, UTC; values are in the property's own
 * unit from the door (broker, import) inwards.
 */

/** How a Datastream's values add up: see `city/buckets.ts`. */
export type Kind = 'instant' | 'interval' | 'counter'

/** One observation by its Datastream's path, already in the unit that is kept. */
export interface Reading {
  datastream: string
  timeMs: number
  value: number
  /** Unit in which the value is kept; needed only when the Datastream is not known yet. */
  unit?: string
}

/** A value at a time. */
export interface Sample {
  timeMs: number
  value: number
}

/** One observation by its Datastream's number in the catalogue: what a store keeps. */
export interface Point extends Sample {
  datastreamId: number
}
