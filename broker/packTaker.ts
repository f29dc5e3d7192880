import type { Logger } from 'pino'
import type { Reading } from '../city/observation.ts'
import type { Catalogue, Device } from '../store/catalogue/catalogue.ts'
import type { Intake } from '../store/intake.ts'
import { refusedReasons } from '../store/pointsRefused.ts'
import type { ForeignOrigin } from './adapters/index.ts'
import { isWorthTelling } from './isWorthTelling.ts'
import { judgePack } from './judgePack.ts'
import type { NewDatastreams } from './newDatastreams.ts'
import type { SetAside, Wrong } from './setAside.ts'
import { createSourceClaims, type PackSources } from './sourceClaims.ts'
import { createStoreWatch } from './storeWatch.ts'
import { createTurnQueue } from './turnQueue.ts'
import { refusedRecords, wrongFields, wrongRecords } from './wrongRecords.ts'

/** The path of one pack: judged, what is right appended to the store, what is wrong set aside. */
export interface PackTaker {
  /** Resolves when all of it is durable, and may be acknowledged. */
  takePack: (device: Device, topic: string, payload: Uint8Array, foreign?: ForeignOrigin) => Promise<void>
  /** Stores what is right; answers what is wrong with the rest. */
  take: (device: Device, payload: Uint8Array, arrivalMs: number, foreign?: ForeignOrigin) => Taken
  /** Makes now the Datastreams of what came before in this turn. */
  flush: () => void
}

export interface Taken {
  stored: Promise<void> | undefined
  readings: readonly Reading[]
  /** Datastreams of them that no birth declared. */
  undeclared: readonly string[]
  wrong: readonly Wrong[]
  /** What the store will never take of an append that failed; throws any other error. */
  refused: (error: unknown) => readonly Wrong[]
}

export interface PackTakerParts {
  catalogue: Pick<Catalogue, 'datastreams' | 'devices' | 'sources' | 'transaction'>
  intake: Intake
  news: NewDatastreams
  setAside: SetAside
  counts: { packs: number; observations: number }
  now: () => number
  log: Logger
  /** A device sent readings of a building that is not its own. */
  onForeign: (device: Device) => void
}

export const createPackTaker = (parts: PackTakerParts): PackTaker => {
  const { catalogue, intake, news, setAside, counts, now, log, onForeign } = parts
  const { datastreams, devices } = catalogue
  const claims = createSourceClaims(catalogue.sources)
  /** What the catalogue must know before readings are stored, in one commit for all of a turn. */
  const firsts = createTurnQueue<() => void>((acts) =>
    catalogue.transaction(() => acts.forEach((act) => act())),
  )
  const watch = createStoreWatch((readings) => intake.append(readings))

  /** Datastreams that nobody declared are made first, those of one turn together. */
  const store = (
    readings: readonly Reading[],
    fresh: readonly Reading[],
    sources: PackSources | undefined,
  ): Promise<void> => {
    const acts = [
      ...fresh.map(
        ({ datastream, unit }) =>
          () =>
            void datastreams.ensure(datastream, unit),
      ),
      ...(sources?.claims ?? []),
    ]
    const stored =
      acts.length === 0
        ? intake.append(readings)
        : firsts.add(acts).then(
            () => intake.append(readings),
            (error: unknown) => {
              sources?.abandoned()
              throw error
            },
          )
    const settled = stored.then(
      () => {
        counts.observations += readings.length
      },
      (error: unknown) => {
        counts.observations += keptReadings(error, readings).length
        throw error
      },
    )
    watch.began(readings, settled)
    return settled
  }

  const noteForeignBuilding = (device: Device, records: number): void => {
    devices.noteForbidden(device.id)
    onForeign(device)
    const { id, forbiddenCount } = device
    if (!isWorthTelling(forbiddenCount)) return
    log.warn({ device: id, records, forbiddenCount }, 'a device sent readings of a foreign building')
  }

  const take = (device: Device, payload: Uint8Array, arrivalMs: number, foreign?: ForeignOrigin): Taken => {
    const sources = foreign && claims.ofPack(foreign.origins)
    const wrongOf = (reasons: ReadonlyMap<number, string>) =>
      foreign ? wrongFields(foreign, reasons) : wrongRecords(payload, reasons)
    const { building } = device
    const judged = judgePack(payload, { building, arrivalMs, datastreams, news, sources, wrongOf })
    if ('reason' in judged) {
      const wrong = [{ reason: judged.reason, payload: foreign?.payload ?? payload }]
      return { stored: undefined, readings: [], undeclared: [], wrong, refused: () => [] }
    }
    const { readings, fresh, undeclared, wrong, positions } = judged
    if (judged.foreign > 0) noteForeignBuilding(device, judged.foreign)
    const stored = readings.length > 0 ? store(readings, fresh, sources) : undefined
    const refused = (error: unknown): readonly Wrong[] => wrongOf(refusedRecords(error, positions))
    return { stored, readings, undeclared, wrong, refused }
  }

  return {
    take,
    flush: () => firsts.flush(),
    takePack(device, topic, payload, foreign) {
      const arrivalMs = now()
      counts.packs += 1
      devices.noteSeen(device.id, arrivalMs)
      const { stored, readings, undeclared, wrong, refused } = take(device, payload, arrivalMs, foreign)
      const note = (kept: readonly Reading[]): void =>
        devices.notes.stored(
          device.id,
          { topic, isForeign: foreign !== undefined, readings: kept, undeclared },
          arrivalMs,
        )
      const kept = stored?.then(
        () => note(readings),
        (error: unknown) => {
          const never = refused(error)
          const others = keptReadings(error, readings)
          if (others.length > 0) note(others)
          return setAside(device, topic, never, arrivalMs)
        },
      )
      if (wrong.length === 0) return kept ?? DONE
      // Not at once: a pack that the store cannot take now comes again, with all that is wrong in it.
      return (kept ?? watch.works()).then(() => setAside(device, topic, wrong, arrivalMs))
    },
  }
}

/** Those of an append that the store refused in part. */
const keptReadings = (error: unknown, readings: readonly Reading[]): readonly Reading[] => {
  const refused = refusedReasons(error)
  return refused === undefined ? [] : readings.filter((_reading, index) => !refused.has(index))
}

const DONE = Promise.resolve()
