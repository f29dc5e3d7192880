import type { Logger } from 'pino'
import type { Device, QuarantinedPack, QuarantineTable } from '../store/catalogue/catalogue.ts'
import { createTurnQueue } from './turnQueue.ts'

/** What is to be quarantined of a pack, or the whole of it. */
export interface Wrong {
  reason: string
  payload: Uint8Array | string
}

/** Quarantines what is wrong; resolves when it is durable. */
export type SetAside = (
  device: Device,
  topic: string,
  wrong: readonly Wrong[],
  arrivedMs: number,
) => Promise<void>

export interface SetAsideParts {
  quarantine: Pick<QuarantineTable, 'addAll'>
  counts: { quarantined: number }
  log: Logger
}

export const createSetAside = ({ quarantine, counts, log }: SetAsideParts): SetAside => {
  const queue = createTurnQueue<Omit<QuarantinedPack, 'id'>>((packs) => quarantine.addAll(packs))
  return async (device, topic, wrong, arrivedMs) => {
    if (wrong.length === 0) return
    const packs = wrong.map(({ reason, payload }) => ({
      device: device.id,
      topic,
      arrivedMs,
      reason,
      // Aedes lends the payload; what is kept must be a copy.
      payload: typeof payload === 'string' ? Buffer.from(payload) : Buffer.from(payload),
    }))
    await queue.add(packs)
    counts.quarantined += packs.length
    log.debug({ device: device.id, packs: packs.length, reason: packs[0]?.reason }, 'quarantined')
  }
}
