import { encodePack } from '../city/senml.ts'
import type { IdRange, SpoolRow } from './spoolEngine.ts'

/** Rows that go in one PUBLISH. */
export interface Pack {
  range: IdRange
  rows: readonly SpoolRow[]
  payload: string
}

/**
 * Most bytes of a pack, well below the city's limit for a whole packet (128 KiB), as a larger one would end the
 * connection each time that it is sent.
 */
export const MAX_PACK_BYTES = 96 * 1024

/** As many of the first rows as fit; none when not even the first one does. */
export const packOf = (rows: readonly SpoolRow[], maxBytes = MAX_PACK_BYTES): Pack | undefined => {
  for (let length = rows.length; length > 0; length = Math.floor(length / 2)) {
    const some = length === rows.length ? rows : rows.slice(0, length)
    const payload = encodePack(some)
    const first = some[0]
    const last = some.at(-1)
    if (!first || !last) return undefined
    if (Buffer.byteLength(payload) <= maxBytes) {
      return { range: { fromId: first.id, toId: last.id }, rows: some, payload }
    }
  }
  return undefined
}
