import type { SpoolRow } from '../../../edge/spoolEngine.ts'
import type { UplinkOptions } from '../../../edge/uplink.ts'
import type { Journal } from '../journal.ts'
import { observationOf, type Source } from '../observations.ts'

/**
 * Rows of one client of the storm, in memory in place of a spool: its process is not killed, and a thousand spools
 * would measure the disk. The row's sequence number is its id.
 */
export interface MemoryRows {
  rows: UplinkOptions['rows']
  append(seq: number): void
  count(): number
}

export const createMemoryRows = (source: Source, journal: Journal): MemoryRows => {
  let waiting: SpoolRow[] = []
  let lastId = 0
  return {
    rows: {
      oldest: (limit, afterId = 0, untilId = Infinity) =>
        waiting.filter(({ id }) => id > afterId && id <= untilId).slice(0, limit),
      release(ranges) {
        for (const { fromId, toId } of ranges) {
          for (const { id } of waiting) if (id >= fromId && id <= toId) journal.acknowledged(id, id)
          waiting = waiting.filter(({ id }) => id < fromId || id > toId)
        }
      },
      // It stays, and the storm never ends: a broker that cannot take a row is a failure of the suite.
      reject: () => undefined,
      lastId: () => lastId,
    },
    append(seq) {
      journal.offered(seq, seq)
      waiting.push({ id: seq, ...observationOf(source, seq) })
      lastId = seq
    },
    count: () => waiting.length,
  }
}
