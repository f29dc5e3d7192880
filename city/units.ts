import { PROPERTIES } from './properties.ts'

/**
 * The one table of units: how SenML (RFC 8428, RFC 8798), UCUM and Home Assistant write a unit, and how its values
 * become values in the property's own unit. Whole factors are divided by, never multiplied with their reciprocal, so
 * that 1,001 Wh are exactly 1.001 kWh.
 */
export interface Unit {
  /** UCUM code, case sensitive. */
  ucum: string
  /** Other spellings of the same unit: SenML, Home Assistant, and what is common on the wire. */
  also?: readonly string[]
  /** value in the own unit = (value + plus) * times / per */
  plus?: number
  times?: number
  per?: number
}

const CELSIUS: readonly Unit[] = [
  { ucum: 'Cel', also: ['°C', 'degC'] },
  { ucum: 'K', plus: -273.15 },
  { ucum: '[degF]', also: ['°F', 'degF'], plus: -32, times: 5, per: 9 },
]

const PERCENT: readonly Unit[] = [
  { ucum: '%', also: ['%RH', '/100'] },
  { ucum: '1', also: ['/'], times: 100 },
]

const COUNT: readonly Unit[] = [{ ucum: '1', also: ['/', 'count', '{people}', 'people'] }]

/** The units that each known property may come in. */
export const UNITS: Readonly<Record<keyof typeof PROPERTIES, readonly Unit[]>> = {
  energy: [
    { ucum: 'kW.h', also: ['kWh'] },
    { ucum: 'W.h', also: ['Wh'], per: 1000 },
    { ucum: 'MW.h', also: ['MWh'], times: 1000 },
    { ucum: 'GW.h', also: ['GWh'], times: 1_000_000 },
    { ucum: 'J', per: 3_600_000 },
    { ucum: 'kJ', per: 3600 },
    { ucum: 'MJ', times: 10, per: 36 },
    { ucum: 'GJ', times: 10_000, per: 36 },
  ],
  power: [
    { ucum: 'W' },
    { ucum: 'mW', per: 1000 },
    { ucum: 'kW', times: 1000 },
    { ucum: 'MW', times: 1_000_000 },
    { ucum: 'GW', times: 1_000_000_000 },
  ],
  temperature: CELSIUS,
  setpoint: CELSIUS,
  humidity: PERCENT,
  ventilation: PERCENT,
  co2: [
    { ucum: '[ppm]', also: ['ppm'] },
    { ucum: '[ppb]', also: ['ppb'], per: 1000 },
    { ucum: '%', times: 10_000 },
    { ucum: '1', also: ['/'], times: 1_000_000 },
  ],
  illuminance: [{ ucum: 'lx' }, { ucum: 'klx', times: 1000 }],
  occupancy: COUNT,
  presence: COUNT,
  water: [
    { ucum: 'm3', also: ['m³'] },
    { ucum: 'L', also: ['l'], per: 1000 },
    { ucum: 'mL', also: ['ml'], per: 1_000_000 },
    { ucum: '[gal_us]', also: ['gal'], times: 0.003785411784 },
    { ucum: '[cft_i]', also: ['ft³'], times: 0.028316846592 },
  ],
}

const spellingsOf = (units: readonly Unit[]): ReadonlyMap<string, Unit> =>
  new Map(units.flatMap((unit) => [unit.ucum, ...(unit.also ?? [])].map((code) => [code, unit] as const)))

const BY_PROPERTY: ReadonlyMap<string, ReadonlyMap<string, Unit>> = new Map(
  Object.entries(UNITS).map(([property, units]) => [property, spellingsOf(units)]),
)

/** A value in the property's own unit, or why it cannot be told. */
export type Converted = { value: number; reason?: never } | { reason: string; value?: never }

/**
 * The value in the property's own unit. A property that is not known keeps its value and unit. The result of a
 * finite value may overflow: whoever stores it checks.
 */
export const toPropertyUnit = (property: string, value: number, unit: string): Converted => {
  const known = BY_PROPERTY.get(property)
  if (known === undefined) return { value }
  const found = known.get(unit)
  if (found === undefined) {
    return {
      reason: `"${shown(unit)}" is no unit of ${property} here, whose own is "${PROPERTIES[property]?.unit}"; known: ${[...known.keys()].join(', ')}`,
    }
  }
  return { value: convert(found, value) }
}

const convert = ({ plus = 0, times = 1, per = 1 }: Unit, value: number): number =>
  ((value + plus) * times) / per

/** Bounds what a stranger's text may put into a reason. */
const shown = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}...` : text)
