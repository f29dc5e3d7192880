import { toSegment } from '../../city/names.ts'
import { isUnderRoot } from '../../city/gatewayRoot.ts'
import type { ForeignAdapter } from './adapter.ts'
import { fieldObject } from './fieldObject.ts'
import { isHousekeeping } from './housekeeping.ts'
import { plainValue } from './plainValue.ts'

/** The ways in which foreign devices write, asked in this order. A new one is one file and one line here. */
export const ADAPTERS: readonly ForeignAdapter[] = [plainValue, fieldObject]

/**
 * A message under a gateway's root as a SenML pack of its building, or why it cannot be understood. Names become
 * lower-case segments, every other character a "-": no name can leave the building. An empty pack for what the gateway
 * tells of itself. Never throws.
 */
export const adaptForeign = (
  { building, root }: { building: string; root: string },
  topic: string,
  payload: Uint8Array,
): { pack: string } | { reason: string } => {
  if (!isUnderRoot(root, topic)) return { reason: `the topic is not under the gateway's root "${root}"` }
  const levels = topic.length === root.length ? [] : topic.slice(root.length + 1).split('/')
  if (levels.some((level) => level.trim() === '')) return { reason: 'a level of the topic is empty' }
  const segments = levels.map(toSegment)
  const noReading = (reason: string) => (isHousekeeping(segments) ? { pack: '[]' } : { reason })
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  } catch {
    return noReading('the payload is neither a number nor JSON in UTF-8')
  }
  for (const adapter of ADAPTERS) {
    const values = adapter.read({ segments, json })
    if (values === undefined) continue
    if ('reason' in values) return noReading(values.reason)
    return {
      pack: JSON.stringify(
        values.map(({ segments: path, value, unit, timeMs }) => ({
          n: [building, ...path].join('/'),
          v: value,
          ...(unit !== undefined && { u: unit }),
          ...(timeMs !== undefined && { t: timeMs / 1000 }),
        })),
      ),
    }
  }
  return noReading('the payload is no number, no {"value"} and no object of numbers')
}
