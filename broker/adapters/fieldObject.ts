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
      .filter(([field]) => TIMES.has(field))
      .map(([, value]) => foreignTimeMs(value))
      .find((it) => it !== undefined)
    const seen = new Set<string>()
    const values = fields.flatMap(([field, given]) => {
      const name = TIMES.has(field) ? undefined : nameOf(toSegment(field), given)
      // Two fields of one name (illuminance and illuminance_lux): the first is it.
      if (name === undefined || seen.has(name.property)) return []
      seen.add(name.property)
      return [{ segments: [...segments, name.property], value: name.value, unit: name.unit, timeMs }]
    })
    return values.length > 0 ? values : { reason: 'no field of the object is a number' }
  },
}

const MAX_FIELDS = 200
const TIMES: ReadonlySet<string> = new Set(['time', 'timestamp', 'last_seen'])
