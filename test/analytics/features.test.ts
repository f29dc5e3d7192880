import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ALIGNED_HOURS, writeAligned } from '../../analytics/features/aligned.ts'
import {
  FEATURES,
  HOURS_PER_BLOCK,
  issueHour,
  positionOfSlot,
  writeBlock,
} from '../../analytics/features/block.ts'
import { CONTEXT_HOURS, contextOf, weekdayOf } from '../../analytics/features/context.ts'
import { createLocalClock } from '../../analytics/features/localClock.ts'
import { toTrainingSet } from '../../analytics/features/trainingSet.ts'
import { type HourlySeries, MS_PER_HOUR, endMs, until } from '../../analytics/series.ts'
import { MONDAY_MS, changedFrom, madeUpOffice, msOfHour } from './madeUp.ts'

const contextAt = (series: HourlySeries, hour: number) => {
  const history = until(series, msOfHour(series, hour))
  const clock = createLocalClock(
    series.timeZone,
    endMs(history) - CONTEXT_HOURS * MS_PER_HOUR,
    endMs(history) + 200 * MS_PER_HOUR,
  )
  return contextOf(history, clock)
}

const rowsOf = (series: HourlySeries, hour: number, block = 1): Float32Array => {
  const rows = new Float32Array(HOURS_PER_BLOCK * FEATURES.length)
  writeBlock(contextAt(series, hour), block, rows, 0)
  return rows
}

const column = (rows: Float32Array, slot: number, name: string): number => {
  const at = FEATURES.indexOf(name)
  if (at < 0) throw new Error(`no feature ${name}`)
  return rows[slot * FEATURES.length + at] ?? NaN
}

describe('the local clock', () => {
  it('agrees with Temporal at any hour of any zone', () => {
    const zones = ['Asia/Jakarta', 'Europe/Zurich', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe']
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 0, max: 20 * 8766 }),
        fc.integer({ min: 0, max: 9000 }),
        (timeZone, from, later) => {
          const fromMs = Date.UTC(2010, 0, 1) + from * MS_PER_HOUR
          const timeMs = fromMs + later * MS_PER_HOUR
          const clock = createLocalClock(timeZone, fromMs, timeMs + MS_PER_HOUR)
          const zoned = Temporal.Instant.fromEpochMilliseconds(timeMs).toZonedDateTimeISO(timeZone)
          const day = Date.UTC(zoned.year, zoned.month - 1, zoned.day) / 86_400_000
          expect(clock.localDay(timeMs)).toBe(day)
          expect(clock.localHour(timeMs)).toBe(day * 24 + zoned.hour)
          expect(weekdayOf(day)).toBe(zoned.dayOfWeek - 1)
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('features of the hours ahead', () => {
  it('hold numbers only, whatever is missing', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 1200 }),
        fc.integer({ min: 1, max: 7 }),
        fc.array(fc.tuple(fc.nat(1200), fc.nat(60)), { maxLength: 6 }),
        (hour, block, gaps) => {
          const series = madeUpOffice({ days: 50 })
          for (const [from, length] of gaps) series.values.fill(NaN, from, from + length)
          series.values.fill(5, hour - 100, hour)
          expect(rowsOf(series, hour, block).every(Number.isFinite)).toBe(true)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('do not know what comes after the issue time', () => {
    const series = madeUpOffice({ days: 60 })
    for (const hour of [900, 911])
      for (const block of [1, 3, 7])
        expect(rowsOf(changedFrom(series, hour), hour, block)).toEqual(rowsOf(series, hour, block))
  })

  it('find the same hour a week ago, in units of the last two weeks', () => {
    const series = madeUpOffice({ days: 60 })
    const { centre, scale } = contextAt(series, 960)
    const rows = rowsOf(series, 960)
    for (const slot of [0, 9, 23])
      expect(column(rows, slot, 'weekAgo')).toBeCloseTo(
        ((series.values[960 + slot - 168] ?? NaN) - centre) / scale,
        5,
      )
  })

  it('order rows by the local hour of the day, whenever the issue is', () => {
    const hour = 960 + 10
    const context = contextAt(madeUpOffice({ days: 60, timeZone: 'Asia/Jakarta' }), hour)
    expect(issueHour(context)).toBe(17)
    expect(positionOfSlot(17, issueHour(context))).toBe(0)
    expect(positionOfSlot(16, issueHour(context))).toBe(23)
  })

  it('compare local hours over a change of the clocks', () => {
    // Zurich's clocks go forward on 31 March 2024; a rhythm by the wall clock moves by an hour in UTC.
    const from = Date.UTC(2024, 1, 26)
    const zurich = createLocalClock('Europe/Zurich', from, from + 60 * 24 * MS_PER_HOUR)
    const values = Float64Array.from({ length: 45 * 24 }, (_, i) => {
      const hour = zurich.localHour(from + i * MS_PER_HOUR) % 24
      return hour >= 8 && hour < 18 ? 15 : 5
    })
    const series: HourlySeries = { ...madeUpOffice(), timeZone: 'Europe/Zurich', startMs: from, values }
    const hour = (Date.UTC(2024, 3, 2, 22) - from) / MS_PER_HOUR
    const rows = rowsOf(series, hour)
    const nightly = column(rows, 7, 'weekAgo')
    expect(column(rows, 8, 'weekAgo')).toBeGreaterThan(nightly)
    expect(column(rows, 17, 'weekAgo')).toBeGreaterThan(nightly)
    expect(column(rows, 18, 'weekAgo')).toBe(nightly)
  })

  it('know holidays today, yesterday, tomorrow and a week ago', () => {
    const holiday = Math.floor(MONDAY_MS / 86_400_000) + 42
    const series = madeUpOffice({ isHoliday: (day) => day === holiday })
    const on = (day: number, name: string): number => column(rowsOf(series, day * 24), 12, name)
    expect([on(42, 'holiday'), on(42, 'working')]).toEqual([1, 0])
    expect([on(43, 'holidayYesterday'), on(41, 'holidayTomorrow'), on(49, 'holidayAWeekAgo')]).toEqual([
      1, 1, 1,
    ])
    expect(on(44, 'holidayYesterday')).toBe(0)
  })

  it('begin at the usual week, raised or lowered as the newest days were', () => {
    const series = madeUpOffice({ days: 80, noise: 0 })
    const fewer = {
      ...series,
      values: series.values.map((value, hour) => (hour < 50 * 24 ? value : value / 2)),
    }
    const came = (of: HourlySeries, name: string): number => {
      const { centre, scale } = contextAt(of, 57 * 24)
      return centre + scale * column(rowsOf(of, 57 * 24), 12, name)
    }
    expect(came(series, 'usual')).toBeCloseTo(15, 3)
    expect(came(series, 'base')).toBeCloseTo(15, 3)
    const [usual, base] = [came(fewer, 'usual'), came(fewer, 'base')]
    expect(usual).toBeGreaterThan(9)
    expect(base).toBeGreaterThan(7)
    expect(base).toBeLessThan(usual - 1)
  })

  it('take the usual from days of the same kind', () => {
    const monday = Math.floor(MONDAY_MS / 86_400_000)
    const off = [35, 42].map((day) => monday + day)
    const series = madeUpOffice({ days: 60, noise: 0, isHoliday: (day) => off.includes(day) })
    const { centre, scale } = contextAt(series, 49 * 24)
    expect(centre + scale * column(rowsOf(series, 49 * 24), 12, 'usual')).toBeCloseTo(15, 3)
  })

  it('are refused when two weeks are hardly measured', () => {
    const series = madeUpOffice({ days: 60 })
    series.values.fill(NaN, 700, 980)
    expect(() => rowsOf(series, 980)).toThrow(/measured hours in the two weeks/)
  })

  it('show the last two weeks with each column at its hour of the day', () => {
    const series = madeUpOffice({ days: 60, noise: 0 })
    const aligned = (hour: number): Float32Array => {
      const out = new Float32Array(ALIGNED_HOURS)
      writeAligned(contextAt(series, hour), out, 0)
      return out
    }
    const [midnight, noon] = [aligned(40 * 24), aligned(40 * 24 - 12)]
    expect(CONTEXT_HOURS).toBeGreaterThan(ALIGNED_HOURS)
    // Without noise the half day that is not known yet is as the weeks before.
    expect(noon).toEqual(midnight)
  })
})

describe('the training set', () => {
  it('follows from its seed', () => {
    const all = [madeUpOffice({ days: 40 }), madeUpOffice({ days: 40, id: 'other', seed: 8 })]
    expect(toTrainingSet(all, { seed: 3 })).toEqual(toTrainingSet(all, { seed: 3 }))
    expect(toTrainingSet(all, { seed: 3 }).rows).not.toEqual(toTrainingSet(all, { seed: 4 }).rows)
  })

  it('says what is missing when there is nothing to learn from', () => {
    expect(() => toTrainingSet([madeUpOffice({ days: 5 })])).toThrow(/eight days/)
  })
})
