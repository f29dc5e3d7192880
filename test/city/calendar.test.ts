import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type OpeningRules, createCalendar } from '../../city/calendar.ts'
import { NATIONAL_HOLIDAYS } from '../../city/holidays.ts'

const calendar = createCalendar({ timeZone: 'Asia/Makassar', holidays: [] })
const at = (local: string): number => Date.parse(`${local}+08:00`)
const office: OpeningRules = {
  openingHours: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], opens: '07:30', closes: '16:00' }],
}

describe('opening hours', () => {
  it('open at the first minute and close before the last', () => {
    expect(calendar.isOpen(office, at('2026-11-24T07:29:59'))).toBe(false)
    expect(calendar.isOpen(office, at('2026-11-24T07:30:00'))).toBe(true)
    expect(calendar.isOpen(office, at('2026-11-24T15:59:59'))).toBe(true)
    expect(calendar.isOpen(office, at('2026-11-24T16:00:00'))).toBe(false)
    expect(calendar.closing(office, at('2026-11-24T09:00:00'))).toBe(at('2026-11-24T16:00:00'))
  })

  it('are none on a holiday, unless the building opens on holidays', () => {
    const independence = at('2026-08-17T10:00:00')
    expect(calendar.day(independence)).toMatchObject({ date: '2026-08-17', weekday: 'mon' })
    expect(calendar.day(independence).holiday?.name.en).toBe('Independence Day')
    expect(calendar.hours(office, independence)).toEqual([])
    expect(calendar.isOpen({ ...office, opensOnHolidays: true }, independence)).toBe(true)
  })

  it('name the next opening over weekend, joint leave and holidays', () => {
    expect(calendar.nextOpening(office, at('2026-11-24T05:00:00'))).toBe(at('2026-11-24T07:30:00'))
    expect(calendar.nextOpening(office, at('2026-11-27T17:00:00'))).toBe(at('2026-11-30T07:30:00'))
    // Nyepi and Idulfitri 2026 with their leave and the weekend: closed from 18 to 24 March.
    expect(calendar.nextOpening(office, at('2026-03-17T17:00:00'))).toBe(at('2026-03-25T07:30:00'))
  })

  it('never close a building without hours, and it never opens anew', () => {
    const always: OpeningRules = { openingHours: [] }
    expect(calendar.isOpen(always, at('2026-12-25T03:00:00'))).toBe(true)
    expect(calendar.nextOpening(always, at('2026-12-25T03:00:00'))).toBeUndefined()
    expect(calendar.closing(always, at('2026-12-25T03:00:00'))).toBeUndefined()
  })

  it('last to the end of the day with 24:00, whatever length the day has', () => {
    const berlin = createCalendar({ timeZone: 'Europe/Berlin', holidays: [], nationalHolidays: 'none' })
    const night: OpeningRules = { openingHours: [{ days: ['sun'], opens: '00:00', closes: '24:00' }] }
    const [hours] = berlin.hours(night, Date.parse('2026-03-29T10:00:00Z'))
    expect(((hours?.closesMs ?? 0) - (hours?.opensMs ?? 0)) / 3_600_000).toBe(23)
    const day = berlin.day(Date.parse('2026-10-25T10:00:00Z'))
    expect((day.endMs - day.startMs) / 3_600_000).toBe(25)
  })

  it('hold the city file above the national list', () => {
    const own = createCalendar({
      timeZone: 'Asia/Makassar',
      holidays: [{ date: '2026-11-24', name: { id: 'Hari jadi kota', en: 'Foundation day' } }],
    })
    expect(own.isOpen(office, at('2026-11-24T10:00:00'))).toBe(false)
  })

  it('agree with one another at any time', () => {
    fc.assert(
      fc.property(fc.integer({ min: at('2025-12-01T00:00'), max: at('2027-12-31T00:00') }), (timeMs) => {
        const { startMs, endMs } = calendar.day(timeMs)
        expect(startMs <= timeMs && timeMs < endMs).toBe(true)
        const next = calendar.nextOpening(office, timeMs)
        expect(next).toBeGreaterThan(timeMs)
        expect(calendar.isOpen(office, next ?? 0)).toBe(true)
        expect(calendar.isOpen(office, (next ?? 0) - 1)).toBe(false)
        const closing = calendar.closing(office, timeMs)
        expect(closing !== undefined).toBe(calendar.isOpen(office, timeMs))
      }),
      { numRuns: 200 },
    )
  })
})

describe('the national holidays', () => {
  const of = (year: number) => NATIONAL_HOLIDAYS.indonesia.filter(({ date }) => date.startsWith(`${year}`))

  it('are 17 holidays and 8 days of joint leave in 2026, as decreed', () => {
    expect(of(2026).filter(({ kind }) => kind === undefined)).toHaveLength(17)
    expect(of(2026).filter(({ kind }) => kind === 'joint-leave')).toHaveLength(8)
  })

  it('say of 2027 which days are uncertain', () => {
    const sure = of(2027).filter(({ uncertain }) => !uncertain)
    expect(sure.map(({ date }) => date.slice(5))).toEqual(['01-01', '05-01', '06-01', '08-17', '12-25'])
  })

  it('have no day twice and ascend', () => {
    const dates = NATIONAL_HOLIDAYS.indonesia.map(({ date }) => date)
    expect(dates).toEqual([...new Set(dates)].sort())
  })
})
