import { toSegment } from '../../city/names.ts'
import { isUnderRoot } from '../../city/gatewayRoot.ts'
import type { ForeignAdapter } from './adapter.ts'
import { fieldObject } from './fieldObject.ts'
import { isHousekeeping } from './housekeeping.ts'
import { plainValue } from './plainValue.ts'

/** The ways in which foreign devices write, asked in this order. A new one is one file and one line here. */
export const ADAPTERS: readonly ForeignAdapter[] = [plainValue, fieldObject]

/** A foreign message as a SenML pack of the gateway's building. */
export interface AdaptedPack {
  pack: string
  /** Where each record of the pack stood, in the pack's order. */
  origins: readonly Origin[]
}

export interface Origin {
  /** The topic; with a slash and the field after it where it was one of an object's. */
  source: string
  field: string | undefined
}

/** Of a pack that was made of a gateway's message: the message, and where in it each record stood. */
export interface ForeignOrigin {
  payload: Uint8Array
  origins: readonly Origin[]
}

export interface Gateway {
  building: string
  root: string
  /** Where an administrator mapped a source; undefined: by its name. */
  mappedTo?: (source: string) => string | undefined
}

/**
 * A message under a gateway's root as a SenML pack of its building, or why it cannot be understood. Names become
 * lower-case segments, every other character a "-": no name can leave the building. An empty pack for what the gateway
 * tells of itself. Never throws.
 */
export const adaptForeign = (
  { building, root, mappedTo = () => undefined }: Gateway,
  topic: string,
  payload: Uint8Array,
): AdaptedPack | { reason: string } => {
  if (!isUnderRoot(root, topic)) return { reason: `the topic is not under the gateway's root "${root}"` }
  const levels = topic.length === root.length ? [] : topic.slice(root.length + 1).split('/')
  if (levels.some((level) => level.trim() === '')) return { reason: 'a level of the topic is empty' }
  const segments = levels.map(toSegment)
  const noReading = (reason: string) => (isHousekeeping(segments) ? { pack: '[]', origins: [] } : { reason })
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
    const origins = values.map(({ field }) => ({ source: sourceOf(topic, field), field }))
    const records = values.map(({ segments: path, value, unit, timeMs }, index) => ({
      n: mappedTo(origins[index]?.source ?? topic) ?? [building, ...path].join('/'),
      v: value,
      ...(unit !== undefined && { u: unit }),
      ...(timeMs !== undefined && { t: timeMs / 1000 }),
    }))
    return { pack: JSON.stringify(records), origins }
  }
  return noReading('the payload is no number, no {"value"} and no object of numbers')
}

/** A slash within a field must not make it another topic's. */
const sourceOf = (topic: string, field: string | undefined): string =>
  field === undefined ? topic : `${topic}/${field.replaceAll('/', '%2F')}`
