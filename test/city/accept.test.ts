import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { acceptReading, MAX_AHEAD_MS } from '../../city/accept.ts'

const arrivalMs = Date.UTC(2026, 10, 24, 8)
const candidate = { name: 'library/floor-1/co2', timeMs: arrivalMs, value: 420 }
const rules = { arrivalMs, building: 'library' }

describe('Accepting one reading', () => {
  it('keeps a possible value at its time under its name', () => {
    expect(acceptReading(candidate, rules)).toEqual({
      reading: { datastream: 'library/floor-1/co2', timeMs: arrivalMs, value: 420 },
    })
  })

  it.each([
    ['a name that is no path', { name: 'library' }, /no name of a Datastream/],
    ['a name with capital letters', { name: 'Library/co2' }, /no name of a Datastream/],
    ['a name that is too long', { name: `library/${'a'.repeat(200)}/co2` }, /no name of a Datastream/],
    ['another building', { name: 'clinic/co2' }, /"clinic" is not the sender's building "library"/],
    ['a building whose name only begins alike', { name: 'library-2/co2' }, /not the sender's building/],
    ['a time before 1970', { timeMs: -1 }, /before 1970/],
    ['no time', { timeMs: NaN }, /before 1970/],
    ['a time too far ahead', { timeMs: arrivalMs + MAX_AHEAD_MS + 1 }, /24 h after/],
    ['a value that is no number', { value: NaN }, /not a finite number/],
    ['an infinite value', { value: Infinity }, /not a finite number/],
    ['an impossible value', { value: -5 }, /-5 ppm is not possible for co2/],
    [
      'an impossible number without a unit',
      { name: 'library/presence', value: 7 },
      /^7 is not possible for presence/,
    ],
    ['a value that is impossible in its unit', { value: 0.2, unit: '/' }, /200000 ppm is not possible/],
    ['an unknown unit', { unit: 'apples' }, /no unit of co2/],
    [
      'a value that overflows in its own unit',
      { name: 'library/power', value: 1e308, unit: 'kW' },
      /Infinity W is not possible/,
    ],
  ])('refuses %s', (_what, change, reason) => {
    expect(acceptReading({ ...candidate, ...change }, rules).reason).toMatch(reason)
  })

  it('tells a foreign building from what is merely wrong', () => {
    expect(acceptReading({ ...candidate, name: 'clinic/co2' }, rules).foreign).toBe(true)
    expect(acceptReading({ ...candidate, value: -5 }, rules).foreign).toBeUndefined()
  })

  it.each([
    ['1970', 0],
    ['a month ago', arrivalMs - 30 * 86_400_000],
    ['24 h ahead', arrivalMs + MAX_AHEAD_MS],
  ])('takes a time of %s', (_when, timeMs) => {
    expect(acceptReading({ ...candidate, timeMs }, rules).reading?.timeMs).toBe(timeMs)
  })

  it('takes any building when the sender speaks for all', () => {
    expect(acceptReading({ ...candidate, name: 'clinic/co2' }, { arrivalMs }).reading?.datastream).toBe(
      'clinic/co2',
    )
  })

  it('keeps the unit of a property that it does not know', () => {
    expect(acceptReading({ ...candidate, name: 'library/noise', unit: 'dB' }, rules).reading).toEqual({
      datastream: 'library/noise',
      timeMs: arrivalMs,
      value: 420,
      unit: 'dB',
    })
  })

  it('is not misled by names that every object has', () => {
    for (const property of ['constructor', 'tostring', '__proto__']) {
      const { reading, reason } = acceptReading({ ...candidate, name: `library/${property}` }, rules)
      expect(reading?.value ?? reason).toBeDefined()
    }
  })

  it('either gives a reading within the rules or a reason, whatever comes', () => {
    const anything = fc.record({
      name: fc.oneof(
        fc.string(),
        fc.stringMatching(/^library(\/[a-z0-9-]{1,8}){1,3}$/),
        fc.constant('library/co2'),
      ),
      timeMs: fc.double(),
      value: fc.double(),
      unit: fc.option(fc.oneof(fc.string(), fc.constantFrom('%', 'ppm', '1')), { nil: undefined }),
    })
    fc.assert(
      fc.property(anything, (given) => {
        const { reading, reason } = acceptReading(given, rules)
        expect((reading === undefined) !== (reason === undefined)).toBe(true)
        if (!reading) return
        expect(Number.isFinite(reading.value)).toBe(true)
        expect(reading.timeMs >= 0 && reading.timeMs <= arrivalMs + MAX_AHEAD_MS).toBe(true)
        expect(reading.datastream.startsWith('library/')).toBe(true)
      }),
    )
  })
})
