import { NadiError } from '../city/errors.ts'
import { matchTopic } from '../city/topics.ts'
import type { Catalogue, Device } from '../store/catalogue/catalogue.ts'
import type { AdaptedPack } from './adapters/index.ts'
import type { PackTaker } from './packTaker.ts'
import type { Wrong } from './setAside.ts'

/** What became of a retried pack. */
export type RetryOutcome = { outcome: 'stored' } | { outcome: 'quarantined'; reason: string }

export interface RetryParts {
  catalogue: Pick<Catalogue, 'devices' | 'quarantine'>
  take: PackTaker['take']
  takeBirth: (device: Device, payload: Uint8Array) => readonly Wrong[]
  adapted: (device: Device, topic: string, payload: Uint8Array) => AdaptedPack | { reason: string }
}

/**
 * Runs a quarantined pack again as if it arrived when it did, and removes it when nothing of it needs quarantine any
 * more. Throws `not-found`.
 */
export const retryQuarantined = async (
  { catalogue, take, takeBirth, adapted }: RetryParts,
  id: number,
): Promise<RetryOutcome> => {
  const pack = catalogue.quarantine.find(id)
  if (pack === undefined) {
    throw new NadiError('not-found', `There is no quarantined pack ${id}. List them to see their numbers.`)
  }
  const device = catalogue.devices.find(pack.device)
  if (device === undefined) return { outcome: 'quarantined', reason: `there is no device "${pack.device}"` }
  const settle = (wrong: readonly Wrong[]): RetryOutcome => {
    const [first] = wrong
    if (first !== undefined) return { outcome: 'quarantined', reason: first.reason }
    catalogue.quarantine.remove(id)
    return { outcome: 'stored' }
  }
  const retake = async (payload: Uint8Array, origins?: AdaptedPack['origins']): Promise<RetryOutcome> => {
    const foreign = origins && { payload: pack.payload, origins }
    const { stored, wrong, refused } = take(device, payload, pack.arrivedMs, foreign)
    const never = await stored?.then(() => [], refused)
    return settle([...wrong, ...(never ?? [])])
  }

  const kind = matchTopic(pack.topic)?.kind
  if (kind === 'birth') return settle(takeBirth(device, pack.payload))
  if (kind === 'observations') return retake(pack.payload)
  if (kind !== undefined) return { outcome: 'quarantined', reason: pack.reason }
  const foreign = adapted(device, pack.topic, pack.payload)
  if ('reason' in foreign) return { outcome: 'quarantined', reason: foreign.reason }
  return retake(Buffer.from(foreign.pack), foreign.origins)
}
