import type { Birth } from './driver.ts'

/** A broker may refuse larger packets (the city's does over 128 KiB), and a refused birth would stop everything. */
const MAX_BYTES = 96 * 1024

/**
 * The birth as the payloads of one or more messages, Things first: a large building declares itself in parts, which a
 * catalogue adds up. Only the last part stays retained.
 */
export const birthMessages = ({ things, datastreams }: Birth, maxBytes = MAX_BYTES): string[] => {
  const parts: Birth[] = [{ things: [], datastreams: [] }]
  let bytes = JSON.stringify(parts[0]).length
  const partFor = (entry: object): Birth => {
    const entryBytes = Buffer.byteLength(JSON.stringify(entry)) + 1
    const last = parts.at(-1)
    const empty = last && last.things.length + last.datastreams.length === 0
    if (last && (empty || bytes + entryBytes <= maxBytes)) {
      bytes += entryBytes
      return last
    }
    const next: Birth = { things: [], datastreams: [] }
    parts.push(next)
    bytes = JSON.stringify(next).length + entryBytes
    return next
  }
  for (const thing of things) partFor(thing).things.push(thing)
  for (const datastream of datastreams) partFor(datastream).datastreams.push(datastream)
  return parts.map((part) => JSON.stringify(part))
}
