/**
 * What common gateways (Zigbee2MQTT, Tasmota, ESPHome) call what we have a name for, and the unit that they mean. A
 * name that is not here is kept as it is. `boolean`: true and false are meant, as 1 and 0.
 */
export interface ForeignName {
  property: string
  unit?: string
  boolean?: true
}

const NAMES: Readonly<Record<string, readonly ForeignName[]>> = {
  temperature: [{ property: 'temperature', unit: 'Cel' }],
  'local-temperature': [{ property: 'temperature', unit: 'Cel' }],
  humidity: [{ property: 'humidity', unit: '%RH' }],
  co2: [{ property: 'co2', unit: 'ppm' }],
  'carbon-dioxide': [{ property: 'co2', unit: 'ppm' }],
  illuminance: [{ property: 'illuminance', unit: 'lx' }],
  'illuminance-lux': [{ property: 'illuminance', unit: 'lx' }],
  power: [{ property: 'power', unit: 'W' }],
  energy: [{ property: 'energy', unit: 'kWh' }],
  water: [{ property: 'water', unit: 'm3' }],
  occupancy: [{ property: 'presence', boolean: true }, { property: 'occupancy' }],
  presence: [{ property: 'presence', boolean: true }, { property: 'presence' }],
  motion: [{ property: 'presence', boolean: true }],
  'current-heating-setpoint': [{ property: 'setpoint', unit: 'Cel' }],
  'occupied-heating-setpoint': [{ property: 'setpoint', unit: 'Cel' }],
  'occupied-cooling-setpoint': [{ property: 'setpoint', unit: 'Cel' }],
  battery: [{ property: 'battery', unit: '%' }],
}

/** Our name for a foreign one (a segment already) that came with this value; undefined when it is nothing to keep. */
export const nameOf = (segment: string, value: unknown): (ForeignName & { value: number }) | undefined => {
  const known = Object.hasOwn(NAMES, segment) ? (NAMES[segment] ?? []) : []
  if (typeof value === 'boolean') {
    const meant = known.find(({ boolean }) => boolean)
    return meant && { ...meant, value: value ? 1 : 0 }
  }
  if (typeof value !== 'number' || segment === '') return undefined
  const meant = known.find(({ boolean }) => !boolean) ?? { property: segment }
  return { ...meant, value }
}
