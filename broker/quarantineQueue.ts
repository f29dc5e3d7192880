import type { QuarantinedPack, QuarantineTable } from '../store/catalogue/catalogue.ts'

/**
 * Quarantines packs durably, one commit for all that came in the same turn of the event loop: a device that sends
 * nothing but nonsense must not cost the others an fsync a pack.
 */
export interface QuarantineQueue {
  /** Resolves when the packs are durable. Rejects when they could not be written. */
  add(packs: readonly NewPack[]): Promise<void>
}

export type NewPack = Omit<QuarantinedPack, 'id'>

export const createQuarantineQueue = (quarantine: Pick<QuarantineTable, 'addAll'>): QuarantineQueue => {
  let waiting: NewPack[] = []
  let commit: Promise<void> | undefined

  const flush = (resolve: () => void, reject: (error: unknown) => void): void => {
    const packs = waiting
    waiting = []
    commit = undefined
    try {
      quarantine.addAll(packs)
      resolve()
    } catch (error) {
      reject(error)
    }
  }

  return {
    add(packs) {
      waiting.push(...packs)
      commit ??= new Promise((resolve, reject) => {
        setImmediate(flush, resolve, reject)
      })
      return commit
    },
  }
}
