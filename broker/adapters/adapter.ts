/** A message of a foreign topic, taken apart: what an adapter reads. */
export interface ForeignMessage {
  /** The Thing or Datastream that the topic below the root names, as segments below the building; may be empty. */
  segments: readonly string[]
  /** The payload as JSON, which a bare number is too. */
  json: unknown
}

/** One value with where it belongs, its segments below the building, the last one the property. */
export interface ForeignValue {
  segments: readonly string[]
  /** The object's field that it stood in, as it was written; absent: the topic alone says what it is. */
  field?: string
  value: number
  unit?: string | undefined
  /** Absent: the time of arrival. */
  timeMs?: number | undefined
}

/**
 * A way in which foreign devices write. `read` answers undefined for what is not its way, a reason for what is but
 * cannot be used. Pure: it names no building, so it can reach none but the gateway's own.
 */
export interface ForeignAdapter {
  name: string
  read(message: ForeignMessage): readonly ForeignValue[] | { reason: string } | undefined
}
