import type { Reading } from '../city/observation.ts'

/**
 * The one way in. Whatever the door (MQTT, import, history), readings that passed it come here: their Datastreams
 * are found or made in the catalogue, the points are committed, and only then the committed batch goes to whoever
 * listens (live stream, MQTT updates, alarms, forecasts).
 */
export interface Intake {
  /** Resolves when all readings are durable. Rejects with `store-unavailable` when that is not known. */
  append(readings: readonly Reading[]): Promise<void>
  /** Calls back after each commit, in commit order, with what was committed. Returns the way to stop. */
  onCommit(listener: (committed: readonly CommittedReading[]) => void): () => void
}

/** A reading that is durable now. */
export interface CommittedReading extends Reading {
  datastreamId: number
}
