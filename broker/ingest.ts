import type { Logger } from 'pino'
import { NadiError } from '../city/errors.ts'
import type { Reading } from '../city/observation.ts'
import { matchTopic, observationsTopic } from '../city/topics.ts'
import type { Catalogue, Device, QuarantinedPack } from '../store/catalogue/catalogue.ts'
import type { Intake } from '../store/intake.ts'
import { refusedReasons } from '../store/pointsRefused.ts'
import { adaptForeign } from './adapters/index.ts'
import { isCommandResult } from './commandResult.ts'
import { declareBirth, readBirth } from './birth.ts'
import { judgePack } from './judgePack.ts'
import { isWorthTelling } from './isWorthTelling.ts'
import { BROKER_LIMITS, type BrokerLimits } from './limits.ts'
import { createNewDatastreams } from './newDatastreams.ts'
import { createStoreWatch } from './storeWatch.ts'
import { createTurnQueue } from './turnQueue.ts'
import { refusedRecords } from './wrongRecords.ts'

/**
 * From payload to store. What these methods resolve may be acknowledged: it is stored, or quarantined, durably. They
 * reject only when the store or the catalogue could not commit; then nothing must be acknowledged, and the device
 * sends it again.
 */
export interface Ingest {
  observations(device: Device, topic: string, payload: Uint8Array): Promise<void>
  /** Resolves with true when the payload was understood, and may be kept and routed as it is. */
  birth(device: Device, topic: string, payload: Uint8Array): Promise<boolean>
  status(device: Device, topic: string, payload: Uint8Array): Promise<boolean>
  /** What a gateway publishes under its root. Always resolves with false: it is stored, and goes no further. */
  foreign(device: Device, topic: string, payload: Uint8Array): Promise<boolean>
  commandResult(device: Device, topic: string, payload: Uint8Array): Promise<boolean>
  /** Runs a quarantined pack again. Removes it when nothing of it needs quarantine any more. Throws `not-found`. */
  retryQuarantined: (id: number) => Promise<RetryOutcome>
  counts: IngestCounts
}

/** What became of a retried pack. */
export type RetryOutcome = { outcome: 'stored' } | { outcome: 'quarantined'; reason: string }

export interface IngestCounts {
  /** That arrived. */
  packs: number
  /** That are durable. One that is sent again, because its acknowledgement was lost, counts again. */
  observations: number
  /** Packs and records that are durable in quarantine. */
  quarantined: number
}

export interface IngestParts {
  catalogue: Pick<Catalogue, 'things' | 'datastreams' | 'devices' | 'quarantine' | 'transaction'>
  intake: Intake
  limits?: Pick<BrokerLimits, 'maxUndeclared' | 'maxDatastreams'>
  now: () => number
  log: Logger
  /** A device sent readings of a building that is not its own. */
  onForeign: (device: Device) => void
}

export const createIngest = ({
  catalogue,
  intake,
  limits = BROKER_LIMITS,
  now,
  log,
  onForeign,
}: IngestParts): Ingest => {
  const { datastreams, devices } = catalogue
  const news = createNewDatastreams({ datastreams, limits })
  const quarantined = createTurnQueue<NewPack>((packs) => catalogue.quarantine.addAll(packs))
  const unknown = createTurnQueue<Reading>((readings) =>
    catalogue.transaction(() => {
      for (const { datastream, unit } of readings) datastreams.ensure(datastream, unit)
    }),
  )
  const watch = createStoreWatch(now)
  const counts: IngestCounts = { packs: 0, observations: 0, quarantined: 0 }

  const quarantine = async (
    device: Device,
    topic: string,
    wrong: readonly Wrong[],
    arrivedMs: number,
  ): Promise<void> => {
    if (wrong.length === 0) return
    const packs: NewPack[] = wrong.map(({ reason, payload }) => ({
      device: device.id,
      topic,
      arrivedMs,
      reason,
      // Aedes lends the payload; what is kept must be a copy.
      payload: typeof payload === 'string' ? Buffer.from(payload) : Buffer.from(payload),
    }))
    await quarantined.add(packs)
    counts.quarantined += packs.length
    log.debug({ device: device.id, packs: packs.length, reason: packs[0]?.reason }, 'quarantined')
  }

  /** Datastreams that nobody declared are made first, those of one turn together. */
  const store = (readings: readonly Reading[], fresh: readonly Reading[]): Promise<void> => {
    const stored =
      fresh.length === 0 ? intake.append(readings) : unknown.add(fresh).then(() => intake.append(readings))
    const settled = stored.then(
      () => {
        watch.committed()
        counts.observations += readings.length
      },
      (error: unknown) => {
        if (refusedReasons(error) === undefined) watch.failed()
        counts.observations += keptReadings(error, readings).length
        throw error
      },
    )
    watch.began(settled)
    return settled
  }

  /** Stores what is right; answers what is wrong with the rest. */
  const take = (device: Device, payload: Uint8Array, arrivalMs: number): Taken => {
    const judged = judgePack(payload, { building: device.building, arrivalMs, datastreams, news })
    if ('reason' in judged) {
      const wrong = [{ reason: judged.reason, payload }]
      return { stored: undefined, readings: [], undeclared: [], wrong, positions: [] }
    }
    const { readings, fresh, undeclared, wrong, foreign, positions } = judged
    if (foreign > 0) {
      devices.noteForbidden(device.id)
      onForeign(device)
      const { id, forbiddenCount } = device
      if (isWorthTelling(forbiddenCount)) {
        log.warn(
          { device: id, records: foreign, forbiddenCount },
          'a device sent readings of a foreign building',
        )
      }
    }
    const stored = readings.length > 0 ? store(readings, fresh) : undefined
    return { stored, readings, undeclared, wrong, positions }
  }

  const takeBirth = (device: Device, payload: Uint8Array): readonly Wrong[] => {
    // What came before it in this turn has said in which units it is kept.
    unknown.flush()
    const birth = readBirth(payload, { building: device.building, datastreams, news })
    if (birth.reason !== undefined) return [{ reason: birth.reason, payload }]
    declareBirth(catalogue, birth)
    const names = birth.datastreams.map(({ name }) => name)
    devices.notes.born(device.id, names, now())
    return birth.wrong
  }

  /** `cameOn`: a gateway's own topic, where its pack was made of that. */
  const takePack = (device: Device, topic: string, payload: Uint8Array, cameOn = topic): Promise<void> => {
    const arrivalMs = now()
    counts.packs += 1
    devices.noteSeen(device.id, arrivalMs)
    const { stored, readings, undeclared, wrong, positions } = take(device, payload, arrivalMs)
    const note = (kept: readonly Reading[]): void =>
      devices.notes.stored(device.id, { topic: cameOn, readings: kept, undeclared }, arrivalMs)
    const kept = stored?.then(
      () => note(readings),
      (error: unknown) => {
        const refused = refusedRecords(error, payload, positions)
        const others = keptReadings(error, readings)
        if (others.length > 0) note(others)
        return quarantine(device, topic, refused, arrivalMs)
      },
    )
    if (wrong.length === 0) return kept ?? DONE
    if (!kept) return watch.works().then(() => quarantine(device, topic, wrong, arrivalMs))
    return Promise.all([kept, quarantine(device, topic, wrong, arrivalMs)]).then(() => undefined)
  }

  return {
    counts,
    observations: takePack,
    async birth(device, topic, payload) {
      const arrivalMs = now()
      devices.noteSeen(device.id, arrivalMs)
      // Clears a retained birth [MQTT-3.3.1-10].
      if (payload.length === 0) return true
      const wrong = takeBirth(device, payload)
      await quarantine(device, topic, wrong, arrivalMs)
      return wrong.length === 0
    },
    async foreign(device, topic, payload) {
      const adapted = adaptedOf(device, topic, payload)
      if ('pack' in adapted) {
        // From here on a pack like any other, so that a wrong record can be taken in again alone.
        await takePack(device, observationsTopic(device.id), Buffer.from(adapted.pack), topic)
        return false
      }
      const arrivalMs = now()
      devices.noteSeen(device.id, arrivalMs)
      await quarantine(device, topic, [{ reason: adapted.reason, payload }], arrivalMs)
      return false
    },
    async status(device, topic, payload) {
      const arrivalMs = now()
      if (payload.length === 0) return true
      const status = Buffer.from(payload).toString()
      if (status === 'online' || status === 'offline') {
        devices.setStatus(device.id, status, arrivalMs)
        return true
      }
      const reason = 'a status is "online" or "offline"'
      await quarantine(device, topic, [{ reason, payload }], arrivalMs)
      return false
    },
    async commandResult(device, topic, payload) {
      if (isCommandResult(payload)) return true
      const reason = 'a result is {"status": "done", "refused", "failed" or "expired", "reason"}'
      await quarantine(device, topic, [{ reason, payload }], now())
      return false
    },
    async retryQuarantined(id) {
      const pack = catalogue.quarantine.find(id)
      if (pack === undefined) {
        throw new NadiError(
          'not-found',
          `There is no quarantined pack ${id}. List them to see their numbers.`,
        )
      }
      const device = devices.find(pack.device)
      if (device === undefined) {
        return { outcome: 'quarantined', reason: `there is no device "${pack.device}"` }
      }
      const kind = matchTopic(pack.topic)?.kind
      if (kind === 'birth') {
        return settle(id, takeBirth(device, pack.payload))
      }
      const adapted = kind === undefined ? adaptedOf(device, pack.topic, pack.payload) : undefined
      if (adapted && 'reason' in adapted) return { outcome: 'quarantined', reason: adapted.reason }
      if (kind !== 'observations' && !adapted) return { outcome: 'quarantined', reason: pack.reason }
      const payload = adapted ? Buffer.from(adapted.pack) : pack.payload
      const { stored, wrong, positions } = take(device, payload, pack.arrivedMs)
      const refused = await stored?.then(
        () => [],
        (error: unknown) => refusedRecords(error, payload, positions),
      )
      return settle(id, [...wrong, ...(refused ?? [])])
    },
  }

  function settle(id: number, wrong: readonly Wrong[]): RetryOutcome {
    const first = wrong[0]
    if (first !== undefined) return { outcome: 'quarantined', reason: first.reason }
    catalogue.quarantine.remove(id)
    return { outcome: 'stored' }
  }
}

const adaptedOf = ({ building, gateway }: Device, topic: string, payload: Uint8Array) =>
  gateway === null
    ? { reason: 'the device is no gateway any more' }
    : adaptForeign({ building, root: gateway }, topic, payload)

type NewPack = Omit<QuarantinedPack, 'id'>

interface Wrong {
  reason: string
  payload: Uint8Array | string
}

interface Taken {
  stored: Promise<void> | undefined
  readings: readonly Reading[]
  /** Datastreams of them that no birth declared. */
  undeclared: readonly string[]
  wrong: readonly Wrong[]
  /** Where in the pack the readings stood. */
  positions: readonly number[]
}

/** Those of an append that the store refused in part. */
const keptReadings = (error: unknown, readings: readonly Reading[]): readonly Reading[] => {
  const refused = refusedReasons(error)
  return refused === undefined ? [] : readings.filter((_reading, index) => !refused.has(index))
}

const DONE = Promise.resolve()
