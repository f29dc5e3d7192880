import type { Logger } from 'pino'
import { NadiError } from '../city/errors.ts'
import type { Point, Reading } from '../city/observation.ts'
import type { Catalogue, Datastream } from './catalogue/catalogue.ts'
import type { ObservationStore } from './observations.ts'
import { refusedReasons } from './pointsRefused.ts'

/**
 * The one way in. Whatever the door (MQTT, import, history), readings that passed it come here: their Datastreams
 * are found or made in the catalogue, the points are committed, and only then the committed batch goes to whoever
 * listens (live stream, MQTT updates, alarms, forecasts).
 */
export interface Intake {
  /**
   * Resolves when all readings are durable. Rejects with `store-unavailable` when that is not known, and with
   * `points-refused` when the store will never take some (`refusedReasons` says which) and the others are durable.
   */
  append(readings: readonly Reading[]): Promise<void>
  /** Calls back after each commit, in commit order, with what was committed. Returns the way to stop. */
  onCommit(listener: (committed: readonly CommittedReading[]) => void): () => void
}

/** A reading that is durable now. */
export interface CommittedReading extends Reading {
  datastreamId: number
}

export interface IntakeParts {
  catalogue: Pick<Catalogue, 'datastreams' | 'erasures' | 'transaction'>
  observations: Pick<ObservationStore, 'append'>
  log: Logger
}

type Listener = (committed: readonly CommittedReading[]) => void

/**
 * The intake over a catalogue and a store. One `observations.append` a call, no queue of its own: the store groups
 * concurrent calls and resolves them in the order in which it commits them, which is the order listeners see.
 */
export const createIntake = ({ catalogue, observations, log }: IntakeParts): Intake => {
  const { datastreams } = catalogue
  // Replaced, never changed: a listener may stop while a batch is being told.
  let listeners: readonly Listener[] = []

  const makeUnknown = (readings: readonly Reading[]): void => {
    try {
      // One commit for a pack that brings many new Datastreams.
      catalogue.transaction(() => {
        for (const { datastream, unit } of readings) datastreams.ensure(datastream, unit)
      })
    } catch (error) {
      if (error instanceof NadiError) throw error
      throw new NadiError('store-unavailable', 'The catalogue cannot be written. Check the disk.', {
        cause: error,
      })
    }
  }

  const resolve = (readings: readonly Reading[], reading: Reading): Datastream => {
    makeUnknown(readings)
    return datastreams.ensure(reading.datastream, reading.unit)
  }

  const tell = (readings: readonly Reading[], points: readonly Point[]): void => {
    const committed: CommittedReading[] = readings.map((reading, i) => ({
      ...reading,
      datastreamId: points[i]?.datastreamId ?? 0,
    }))
    for (const listener of listeners) {
      try {
        listener(committed)
      } catch (error) {
        log.error({ err: error }, 'a listener failed on committed readings; they are stored')
      }
    }
  }

  return {
    async append(arrived) {
      // Acknowledged like the others, so that a spool lets go of them, and never stored again.
      const isErased = ({ datastream, timeMs }: Reading): boolean =>
        catalogue.erasures.covers(datastream, timeMs)
      const readings = arrived.some(isErased) ? arrived.filter((it) => !isErased(it)) : arrived
      if (readings.length === 0) return
      const points: Point[] = []
      for (const reading of readings) {
        const { id } = datastreams.find(reading.datastream) ?? resolve(readings, reading)
        points.push({ datastreamId: id, timeMs: reading.timeMs, value: reading.value })
      }
      try {
        await observations.append(points)
      } catch (error) {
        const refused = refusedReasons(error)
        if (refused && refused.size < readings.length) {
          tell(
            readings.filter((_, i) => !refused.has(i)),
            points.filter((_, i) => !refused.has(i)),
          )
        }
        throw error
      }
      if (listeners.length > 0) tell(readings, points)
    },
    onCommit(listener) {
      listeners = [...listeners, listener]
      return () => {
        listeners = listeners.filter((other) => other !== listener)
      }
    },
  }
}
