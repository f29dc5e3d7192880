import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  accessOf,
  accessOfParts,
  discloseBucket,
  disclosePeople,
  discloseQuantiles,
  discloseValue,
  mayRead,
  maySee,
  type Observed,
} from '../../city/disclosure.ts'
import type { Kind } from '../../city/observation.ts'
import { PROPERTIES } from '../../city/properties.ts'

const PEOPLE = ['occupancy', 'inflow', 'outflow', 'waiting']
const RESERVED = [...PEOPLE, 'presence', 'co2', 'illuminance', 'power', 'energy', 'ventilation']
const count = fc.double({ min: 0, max: 5000, noNaN: true })
const capacity = fc.option(fc.integer({ min: 0, max: 5000 }), { nil: undefined })

/** Every number in an answer that could be a count of people. */
const numbersIn = (value: object): number[] =>
  Object.values(value).filter((entry): entry is number => typeof entry === 'number')

/** A Datastream in its property's own unit, or in another. */
const of = (path: string, { unit, kind = 'instant' }: { unit?: string; kind?: Kind } = {}): Observed => ({
  path,
  unit: unit ?? PROPERTIES[path.slice(path.lastIndexOf('/') + 1)]?.unit ?? '1',
  kind,
})

describe('what a role may see', () => {
  it.each(RESERVED)('keeps %s below the building from everybody without a role', (property) => {
    expect(accessOf('citizen', of(`shared-office/floor-2/${property}`))).toBe('none')
    expect(accessOf('agency:health', of(`shared-office/floor-2/zone-a/${property}`))).toBe('none')
    expect(accessOf('operator', of(`shared-office/floor-2/${property}`))).toBe('exact')
    expect(accessOf('administrator', of(`shared-office/floor-2/${property}`))).toBe('exact')
  })

  it('shows everybody temperature, humidity and setpoint of a zone, and all but people of a building', () => {
    for (const property of ['temperature', 'humidity', 'setpoint', 'water'])
      expect(mayRead('citizen', of(`shared-office/floor-2/zone-a/${property}`))).toBe(true)
    for (const property of ['energy', 'power', 'co2'])
      expect(mayRead('citizen', of(`shared-office/${property}`))).toBe(true)
    expect(maySee('citizen', of('shared-office/occupancy'))).toBe(true)
    expect(mayRead('citizen', of('shared-office/occupancy'))).toBe(false)
    expect(maySee('citizen', of('shared-office/presence'))).toBe(false)
  })

  it.each(PEOPLE)('tells %s of buildings as levels, to nobody but operators exactly', (property) => {
    for (const role of ['citizen', 'agency:health', 'scientist'] as const) {
      expect(accessOf(role, of(`shared-office/${property}`))).toBe('levels')
      expect(accessOf(role, of(`shared-office/floor-2/${property}`))).toBe('none')
    }
    expect(mayRead('operator', of(`shared-office/${property}`))).toBe(true)
  })

  it.each([...PEOPLE, 'co2', 'energy'])('keeps %s of fewer than three parts like a part', (property) => {
    const part = of(`shared-office/floor-2/${property}`)
    for (const role of ['citizen', 'agency:health', 'scientist', 'operator'] as const) {
      for (const parts of [0, 1, 2]) expect(accessOfParts(role, part, parts)).toBe(accessOf(role, part))
      for (const parts of [3, null])
        expect(accessOfParts(role, part, parts)).toBe(accessOf(role, of(`shared-office/${property}`)))
    }
    expect(accessOfParts('citizen', of('shared-office/floor-2/temperature'), 1)).toBe('exact')
  })

  it('gives scientists the parts of buildings, but for people and presence', () => {
    expect(accessOf('scientist', of('shared-office/floor-2/co2'))).toBe('exact')
    expect(accessOf('scientist', of('shared-office/floor-2/occupancy'))).toBe('none')
    expect(accessOf('scientist', of('shared-office/floor-2/presence'))).toBe('none')
  })

  it('tells nobody but operators a register of people, whose steps are few', () => {
    for (const property of [...PEOPLE, 'headcount'])
      expect(accessOf('citizen', of(`shared-office/${property}`, { kind: 'counter' }))).toBe('none')
    expect(accessOf('operator', of('shared-office/inflow', { kind: 'counter' }))).toBe('exact')
  })

  it.each([
    '1',
    '',
    '%',
    'people',
    '{person}',
    'min',
    'h',
    '1/h',
    'kWh/{person}',
    'orang',
    'W/x',
    'toString',
  ])('keeps what nobody knows like people when its unit is "%s"', (unit) => {
    for (const property of ['headcount', 'temperature-of-people', 'constructor']) {
      expect(accessOf('citizen', of(`library/${property}`, { unit }))).toBe('levels')
      expect(accessOf('citizen', of(`library/hall/${property}`, { unit }))).toBe('none')
    }
  })

  it.each(['ug/m3', 'dB', 'hPa', 'm/s', 'mm/h', 'W/m2', 'Cel', '°C', 'L/s', 'kW.h', 'm³/h', 'kg.m-2', 'ppb'])(
    'shows what nobody knows in "%s", in which no people are counted',
    (unit) => {
      expect(accessOf('citizen', of('library/hall/pm25', { unit }))).toBe('exact')
    },
  )

  it('keeps people under any name, in whatever unit they came', () => {
    fc.assert(
      fc.property(fc.constantFrom(...PEOPLE), fc.string({ maxLength: 12 }), (property, unit) => {
        expect(accessOf('citizen', of(`library/${property}`, { unit }))).toBe('levels')
      }),
    )
  })
})

describe('people', () => {
  it.each([
    [80, 400, 'quiet', 80],
    [160, 400, 'moderate', 160],
    [279, 400, 'busy', 280],
    [274, 400, 'moderate', 270],
    [420, 400, 'busy', 420],
  ])('are told as levels of the capacity and rounded to ten: %d of %d', (people, of, level, rounded) => {
    expect(disclosePeople(people, of)).toEqual({ level, people: rounded, suppressed: false })
  })

  it('are not told below ten, and then the level says no more than the capacity does', () => {
    expect(disclosePeople(9.99, 400)).toEqual({ level: 'quiet', people: null, suppressed: true })
    expect(disclosePeople(2, 2)).toEqual(disclosePeople(0, 2))
    expect(disclosePeople(2, 2)).toEqual({ level: 'unknown', people: null, suppressed: true })
  })

  it('are indistinguishable from every other count of the same ten', () => {
    fc.assert(
      fc.property(count, count, capacity, (a, b, of) => {
        const ten = (value: number) => (value < 10 ? 0 : Math.round(value / 10))
        fc.pre(ten(a) === ten(b))
        expect(disclosePeople(a, of)).toEqual(disclosePeople(b, of))
      }),
    )
    // Neighbouring counts, which the pairs above rarely are.
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 }), capacity, (a, b, of) => {
        expect(disclosePeople(a, of)).toEqual(disclosePeople(b, of))
      }),
    )
  })

  it('never leave exactly, from a value, a bucket or a forecast', () => {
    fc.assert(
      fc.property(fc.array(count, { minLength: 1, maxLength: 12 }), capacity, (counts, of) => {
        const row = {
          startMs: 0,
          endMs: 0,
          count: 0,
          measured: 0,
          mean: counts.reduce((sum, value) => sum + value, 0) / counts.length,
          min: Math.min(...counts),
          max: Math.max(...counts),
          sum: counts.reduce((sum, value) => sum + value, 0),
          last: counts.at(-1) ?? 0,
        }
        const told = [
          ...numbersIn(discloseBucket('levels', row, of)),
          ...numbersIn(discloseValue('levels', row.last, of)),
          ...discloseQuantiles('levels', counts).filter((value) => value !== null),
        ]
        for (const value of told) expect(value % 10).toBe(0)
        expect(discloseBucket('levels', row, of).sum).toBeNull()
        for (const value of discloseQuantiles('levels', counts))
          expect(value === null || value >= 10).toBe(true)
      }),
    )
  })

  it('that were not counted are not told as suppressed', () => {
    const empty = {
      startMs: 0,
      endMs: 1,
      count: 0,
      measured: 0,
      mean: null,
      min: null,
      max: null,
      sum: null,
      last: null,
    }
    expect(discloseBucket('levels', empty, 100)).toEqual(empty)
  })
})
