import { toSegment } from '../../city/names.ts'
import type { ForeignAdapter } from './adapter.ts'
import { nameOf } from './foreignNames.ts'
import { foreignTimeMs } from './foreignTime.ts'

/**
 * A Thing to a topic, its values as fields: `{"temperature": 21.4, "humidity": 40, "linkquality": 100}`, as
 * Zigbee2MQTT and many others write. Fields that are no numbers are left out.
 */
export const fieldObject: ForeignAdapter = {
  name: 'object of fields',
  read({ segments, json }) {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined
    const fields = Object.entries(json)
    if (fields.length > MAX_FIELDS) return { reason: `more than ${MAX_FIELDS} fields in one object` }
    const timeMs = fields
      .filter(([field]) => TIME_FIELDS.has(field))
      .map(([, value]) => foreignTimeMs(value))
      .find((it) => it !== undefined)
    const seen = new Map<string, string>()
    const values = fields.flatMap(([field, given]) => {
      const segment = toSegment(field)
      const name = TIME_FIELDS.has(field) ? undefined : nameOf(segment, given)
      if (name === undefined) return []
      const { property, value, unit } = name
      // Two words for one thing (illuminance and illuminance_lux): the first is it.
      if ((seen.get(property) ?? segment) !== segment) return []
      seen.set(property, segment)
      return [{ segments: [...segments, property], field, value, unit, timeMs }]
    })
    return values.length > 0 ? values : { reason: 'no field of the object is a number' }
  },
}

const MAX_FIELDS = 200
/** Fields that say when, not what. */
export const TIME_FIELDS: ReadonlySet<string> = new Set(['time', 'timestamp', 'last_seen'])
