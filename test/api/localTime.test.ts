import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { localTimeWriter, parseTime } from '../../api/localTime.ts'

const ZONES = [
  'Asia/Makassar',
  'Europe/London',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'UTC',
]
const timeMs = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) })

describe('local times', () => {
  it('are written as Temporal writes them, in every zone', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), timeMs, (zone, time) => {
        const zoned = Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(zone)
        const expected = zoned.toString({
          timeZoneName: 'never',
          fractionalSecondDigits: time % 1000 === 0 ? 0 : 3,
        })
        expect(localTimeWriter(zone)(time)).toBe(expected)
      }),
    )
  })

  it('are read back as the same instant', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), timeMs, (zone, time) => {
        expect(parseTime(localTimeWriter(zone)(time), 'from', 'Asia/Tokyo')).toBe(time)
      }),
    )
  })

  it.each([
    ['2026-03-29T01:30', 'a time that the clock skips', '2026-03-29T01:30:00Z'],
    ['2026-10-25T01:30', 'a time that the clock shows twice, the first', '2026-10-25T00:30:00Z'],
    ['2026-03-29', 'a date, its local midnight', '2026-03-29T00:00:00Z'],
    ['1970-01-01', 'the beginning', '1970-01-01T00:00:00Z'],
  ])('%s in London is %s', (text, _, instant) => {
    const expected = Date.parse(instant)
    // London was an hour ahead of UTC all through 1970.
    expect(parseTime(text, 'from', 'Europe/London')).toBe(expected)
  })

  it('that are none are refused, whatever they are', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!/^\s*\d{4}-\d{2}-\d{2}/.test(text))
        expect(() => parseTime(text, 'from', 'UTC')).toThrow(/Parameter "from"/)
      }),
    )
    for (const text of [
      '2026-13-01',
      '2026-02-30',
      '2026-01-01T25:00',
      '2026-01-01T10:00+99:00',
      '1969-12-30',
    ])
      expect(() => parseTime(text, 'from', 'UTC')).toThrow(/Parameter "from"/)
  })
})
