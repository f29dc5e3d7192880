import { statfsSync } from 'node:fs'
import type { Logger } from 'pino'

/**
 * What stays free on the disk of the store: a checkpoint (of 16 MB of log) and the catalogue's commits must still
 * fit, for DuckDB closes itself to everyone, readers included, when a write of its own finds no room.
 */
export const RESERVE_BYTES = 64 * 1024 * 1024

/** Once short, so much more than the reserve must be free, so that it does not change with every checkpoint. */
const ROOM_AGAIN = 1.25

export interface DiskReserve {
  /** Whether commits may go on. A change is told in the log. One system call. */
  hasRoom(): boolean
}

export const createDiskReserve = (options: {
  folder: string
  log: Logger
  reserveBytes: number
}): DiskReserve => {
  const { folder, log, reserveBytes } = options
  let short = false
  return {
    hasRoom() {
      const { bavail, bsize } = statfsSync(folder)
      const freeBytes = bavail * bsize
      const isShort = freeBytes < (short ? reserveBytes * ROOM_AGAIN : reserveBytes)
      if (isShort !== short) {
        const facts = { folder, freeBytes, reserveBytes }
        if (isShort) {
          log.error(
            facts,
            'the disk is nearly full: nothing is stored or acknowledged until there is room, senders keep what they have',
          )
        } else log.info(facts, 'there is room on the disk again: readings are stored')
      }
      short = isShort
      return !short
    },
  }
}
