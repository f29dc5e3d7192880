import type { Logger } from 'pino'
import type { Catalogue, Device } from '../store/catalogue/catalogue.ts'
import type { Intake } from '../store/intake.ts'
import { adaptForeign } from './adapters/index.ts'
import { declareBirth, readBirth } from './birth.ts'
import { isCommandResult } from './commandResult.ts'
import { BROKER_LIMITS, type BrokerLimits } from './limits.ts'
import { createNewDatastreams } from './newDatastreams.ts'
import { createPackTaker } from './packTaker.ts'
import { retryQuarantined, type RetryOutcome } from './retryQuarantined.ts'
import { createSetAside, type Wrong } from './setAside.ts'

/**
 * From payload to store, a method for each kind of topic. What these methods resolve may be acknowledged: it is stored,
 * or quarantined, durably. They reject only when the store or the catalogue could not commit; then nothing must be
 * acknowledged, and the device sends it again.
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

export interface IngestCounts {
  /** That arrived. */
  packs: number
  /** That are durable. One that is sent again, because its acknowledgement was lost, counts again. */
  observations: number
  /** Packs and records that are durable in quarantine. */
  quarantined: number
}

export interface IngestParts {
  catalogue: Pick<Catalogue, 'things' | 'datastreams' | 'devices' | 'sources' | 'quarantine' | 'transaction'>
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
  const { datastreams, devices, sources } = catalogue
  const counts: IngestCounts = { packs: 0, observations: 0, quarantined: 0 }
  const news = createNewDatastreams({ datastreams, limits })
  const setAside = createSetAside({ quarantine: catalogue.quarantine, counts, log })
  const { take, takePack, flush } = createPackTaker({
    catalogue,
    intake,
    news,
    setAside,
    counts,
    now,
    log,
    onForeign,
  })

  const takeBirth = (device: Device, payload: Uint8Array): readonly Wrong[] => {
    // What came before it in this turn has said in which units it is kept.
    flush()
    const birth = readBirth(payload, { building: device.building, datastreams, news })
    if (birth.reason !== undefined) return [{ reason: birth.reason, payload }]
    declareBirth(catalogue, birth)
    const names = birth.datastreams.map(({ name }) => name)
    devices.notes.born(device.id, names, now())
    return birth.wrong
  }

  const adapted = ({ building, gateway }: Device, topic: string, payload: Uint8Array) =>
    gateway === null
      ? { reason: 'the device is no gateway any more' }
      : adaptForeign({ building, root: gateway, mappedTo: sources.mappedTo }, topic, payload)

  return {
    counts,
    observations: takePack,
    async birth(device, topic, payload) {
      const arrivalMs = now()
      devices.noteSeen(device.id, arrivalMs)
      // Clears a retained birth [MQTT-3.3.1-10].
      if (payload.length === 0) return true
      const wrong = takeBirth(device, payload)
      await setAside(device, topic, wrong, arrivalMs)
      return wrong.length === 0
    },
    async foreign(device, topic, payload) {
      const read = adapted(device, topic, payload)
      if ('pack' in read) {
        await takePack(device, topic, Buffer.from(read.pack), { payload, origins: read.origins })
        return false
      }
      const arrivalMs = now()
      devices.noteSeen(device.id, arrivalMs)
      await setAside(device, topic, [{ reason: read.reason, payload }], arrivalMs)
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
      await setAside(device, topic, [{ reason, payload }], arrivalMs)
      return false
    },
    async commandResult(device, topic, payload) {
      if (isCommandResult(payload)) return true
      const reason = 'a result is {"status": "done", "refused", "failed" or "expired", "reason"}'
      await setAside(device, topic, [{ reason, payload }], now())
      return false
    },
    retryQuarantined: (id) => retryQuarantined({ catalogue, take, takeBirth, adapted }, id),
  }
}
