import { UcumLhcUtils } from '@lhncbc/ucum-lhc'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PROPERTIES } from '../../city/properties.ts'
import { toPropertyUnit, UNITS } from '../../city/units.ts'

/** UCUM's code of the unit that each property is kept in, for the oracle. */
const OWN_UCUM: Readonly<Record<string, string>> = {
  energy: 'kW.h',
  power: 'W',
  temperature: 'Cel',
  setpoint: 'Cel',
  humidity: '%',
  ventilation: '%',
  co2: '[ppm]',
  illuminance: 'lx',
  occupancy: '1',
  presence: '1',
  water: 'm3',
}

const ucum = UcumLhcUtils.getInstance()
const rows = Object.entries(UNITS).flatMap(([property, units]) =>
  units.map((unit) => ({ property, ucumCode: unit.ucum })),
)

describe('The table of units', () => {
  it.each(rows)('converts $ucumCode for $property as the UCUM library does', ({ property, ucumCode }) => {
    const own = OWN_UCUM[property] ?? ''
    for (const value of [0, 1, 21.5, 1234.567, -3]) {
      const { toVal, status, msg } = ucum.convertUnitTo(ucumCode, value, own)
      expect(status, msg?.join()).toBe('succeeded')
      // Not relative at zero: 0 degrees Fahrenheit are -17.78 Celsius by a sum.
      const expected = toVal ?? NaN
      const { value: converted } = toPropertyUnit(property, value, ucumCode)
      expect(Math.abs((converted ?? NaN) - expected)).toBeLessThanOrEqual(
        1e-9 * Math.max(1, Math.abs(expected)),
      )
    }
  })

  it('has every property, with its own unit unchanged', () => {
    expect(Object.keys(UNITS).sort()).toEqual(Object.keys(PROPERTIES).sort())
    for (const [property, { unit }] of Object.entries(PROPERTIES)) {
      expect(toPropertyUnit(property, 12.3, unit)).toEqual({ value: 12.3 })
    }
  })

  it.each([
    ['energy', 1001, 'Wh', 1.001],
    ['energy', 3.6, 'MJ', 1],
    ['energy', 2, 'MWh', 2000],
    ['temperature', 68, '°F', 20],
    ['temperature', 293.15, 'K', 20],
    ['humidity', 0.45, '/', 45],
    ['humidity', 45, '%', 45],
    ['co2', 800_000, 'ppb', 800],
    ['water', 250, 'L', 0.25],
    ['water', 250, 'l', 0.25],
    ['power', 1.5, 'kW', 1500],
  ])('%s: %d %s are %d in its own unit', (property, value, unit, expected) => {
    expect(toPropertyUnit(property, value, unit)).toEqual({ value: expected })
  })

  it('says which units it knows when it does not know one', () => {
    expect(toPropertyUnit('energy', 1, 'apples').reason).toMatch(/"apples" is no unit of energy.*kWh.*MWh/)
    expect(toPropertyUnit('temperature', 1, 'constructor').reason).toBeDefined()
  })

  it('keeps the value of a property that it does not know', () => {
    expect(toPropertyUnit('noise', 55, 'dB')).toEqual({ value: 55 })
  })

  it('never throws and never makes up a number, whatever the unit', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(PROPERTIES)),
        fc.double(),
        fc.string(),
        (property, value, unit) => {
          const converted = toPropertyUnit(property, value, unit)
          expect((converted.value === undefined) !== (converted.reason === undefined)).toBe(true)
        },
      ),
    )
  })
})
