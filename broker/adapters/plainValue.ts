import type { ForeignAdapter } from './adapter.ts'
import { nameOf } from './foreignNames.ts'
import { foreignTimeMs } from './foreignTime.ts'

/** One value to a topic, whose last level names the property: `21.4`, `true`, or `{"value": 21.4, "unit", "time"}`. */
export const plainValue: ForeignAdapter = {
  name: 'plain value',
  read({ segments, json }) {
    const isObject = typeof json === 'object' && json !== null && 'value' in json
    if (typeof json !== 'number' && typeof json !== 'boolean' && !isObject) return undefined
    const given: { value: unknown; unit?: unknown; time?: unknown } = isObject ? json : { value: json }
    const last = segments.at(-1)
    if (last === undefined)
      return { reason: 'a single value needs a topic whose last level names its property' }
    const name = nameOf(last, given.value)
    if (name === undefined) return { reason: '"value" must be a number, or true or false for a presence' }
    if (given.unit !== undefined && typeof given.unit !== 'string')
      return { reason: '"unit" must be a string' }
    const timeMs = foreignTimeMs(given.time)
    if (given.time !== undefined && timeMs === undefined) {
      return { reason: '"time" must be ISO 8601 with an offset, or seconds or milliseconds since 1970' }
    }
    const { property, value } = name
    const unit = given.unit ?? name.unit
    return [{ segments: [...segments.slice(0, -1), property], value, unit, timeMs }]
  },
}
