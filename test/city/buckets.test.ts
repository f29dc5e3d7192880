import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketEdgesMs } from '../../city/bucketEdges.ts'
import { bucketsOfSamples } from '../../city/bucketRows.ts'
import type { BucketQuestion } from '../../city/bucketRows.ts'
import { parseBucket } from '../../city/buckets.ts'
import type { Sample } from '../../city/observation.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const at = (iso: string): number => Date.parse(iso)
const hoursBetween = (edges: readonly number[]): number[] =>
  edges.slice(1).map((edge, i) => (edge - (edges[i] ?? edge)) / HOUR)

describe('a bucket width', () => {
  it.each(['5m', '15m', '1h', '6h', '24h', '1d', '7d', '366d'])('reads %s', (text) => {
    const { unit, count } = parseBucket(text)
    expect(`${count}${unit}`).toBe(text)
  })
  it.each([
    ['', /write a number/],
    ['0m', /write a number/],
    ['1w', /write a number/],
    ['1.5h', /write a number/],
    ['-1h', /write a number/],
    ['raw', /write a number/],
    ['7m', /does not divide a day/],
    ['5h', /does not divide a day/],
    ['367d', /too wide/],
  ])('refuses "%s" and says why', (text, why) => {
    expect(() => parseBucket(text)).toThrow(why)
  })
})

describe('bucket edges', () => {
  const edges = (from: string, to: string, bucket: string, zone: string): number[] =>
    bucketEdgesMs(at(from), at(to), parseBucket(bucket), zone)

  it('makes days of 23 and 25 hours where clocks change', () => {
    const spring = edges('2026-03-28T00:00+01:00', '2026-03-31T00:00+02:00', '1d', 'Europe/Warsaw')
    expect(hoursBetween(spring)).toEqual([24, 23, 24])
    const autumn = edges('2026-10-24T00:00+02:00', '2026-10-27T00:00+01:00', '1d', 'Europe/Warsaw')
    expect(hoursBetween(autumn)).toEqual([24, 25, 24])
  })

  it('makes four quarters of such a day and 25 hours', () => {
    const day = ['2026-10-25T00:00+02:00', '2026-10-26T00:00+01:00'] as const
    expect(hoursBetween(edges(...day, '6h', 'Europe/Warsaw'))).toEqual([7, 6, 6, 6])
    expect(hoursBetween(edges(...day, '1h', 'Europe/Warsaw'))).toEqual(Array(25).fill(1))
  })

  it('begins hours and days at the local ones in a zone of 5:45 hours', () => {
    expect(edges('2026-05-01T00:00Z', '2026-05-01T02:00Z', '1h', 'Asia/Kathmandu')).toEqual(
      ['00:00', '00:15', '01:15', '02:00'].map((time) => at(`2026-05-01T${time}Z`)),
    )
    expect(edges('2026-05-01T00:00Z', '2026-05-02T00:00Z', '1d', 'Asia/Kathmandu')[1]).toBe(
      at('2026-05-02T00:00+05:45'),
    )
  })

  it('begins weeks on Monday', () => {
    const [, monday] = edges('2026-05-01T00:00+08:00', '2026-05-09T00:00+08:00', '7d', 'Asia/Makassar')
    expect(monday).toBe(at('2026-05-04T00:00+08:00'))
  })

  it('knows a day that never was: Samoa went from 29 to 31 December 2011', () => {
    const days = edges('2011-12-29T00:00-10:00', '2012-01-01T00:00+14:00', '1d', 'Pacific/Apia')
    expect(hoursBetween(days)).toEqual([24, 24])
  })

  it('refuses a range of too many buckets', () => {
    expect(() => edges('1970-01-01T00:00Z', '2026-01-01T00:00Z', '5m', 'UTC')).toThrow(/shorter range/)
  })

  it('finds no more edges than are asked for', () => {
    const range = [at('2026-05-01T00:10Z'), at('2026-05-01T03:00Z')] as const
    const all = bucketEdgesMs(...range, parseBucket('1h'), 'UTC')
    expect(all).toHaveLength(4)
    for (const most of [1, 2, 3, 4, 5])
      expect(bucketEdgesMs(...range, parseBucket('1h'), 'UTC', most).slice(0, most)).toEqual(
        all.slice(0, most),
      )
    expect(bucketEdgesMs(...range, parseBucket('1h'), 'UTC', 2)).toHaveLength(2)
  })

  it('covers any range without gap or overlap, and with whole days inside', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: at('2030-01-01') }),
        fc.integer({ min: 0, max: 20 * 24 * HOUR }),
        fc.constantFrom('15m', '1h', '2h', '6h', '1d', '2d'),
        fc.constantFrom('Europe/London', 'America/Havana', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC'),
        (from, length, width, zone) => {
          const edges = bucketEdgesMs(from, from + length, parseBucket(width), zone)
          expect(edges.at(0)).toBe(length > 0 ? from : undefined)
          expect(edges.at(-1)).toBe(length > 0 ? from + length : undefined)
          expect(hoursBetween(edges).every((hours) => hours > 0)).toBe(true)
          for (const edge of edges.slice(1, -1)) {
            const local = Temporal.Instant.fromEpochMilliseconds(edge).toZonedDateTimeISO(zone)
            if (width.endsWith('d')) expect(edge).toBe(local.startOfDay().epochMilliseconds)
            else expect(local.second).toBe(0)
          }
        },
      ),
    )
  })
})

describe('bucket rows', () => {
  const start = at('2026-05-01T00:00+08:00')
  const question: BucketQuestion = {
    fromMs: start,
    toMs: start + 2 * HOUR,
    kind: 'instant',
    bucket: { unit: 'h', count: 1 },
    timeZone: 'Asia/Makassar',
  }
  const quarters = (...values: (number | undefined)[]): Sample[] =>
    values.flatMap((value, i) => (value === undefined ? [] : [{ timeMs: start + i * 15 * MINUTE, value }]))

  it('takes the mean of a state and says how much of the hour was measured', () => {
    const samples = quarters(20, 22, undefined, 24)
    const asked = { ...question, stepMs: 15 * MINUTE }
    const [first, second] = bucketsOfSamples(asked, samples, undefined, undefined)
    expect(first).toEqual({
      startMs: start,
      endMs: start + HOUR,
      count: 3,
      mean: 22,
      min: 20,
      max: 24,
      sum: 66,
      last: 24,
      measured: 0.75,
    })
    expect(second).toMatchObject({
      count: 0,
      mean: null,
      min: null,
      max: null,
      sum: null,
      last: null,
      measured: 0,
    })
  })

  it('takes the sum of amounts', () => {
    const samples = quarters(1, 2, 3, 4, 5, 6, 7, 8)
    const rows = bucketsOfSamples(
      { ...question, kind: 'interval', stepMs: 15 * MINUTE },
      samples,
      undefined,
      undefined,
    )
    expect(rows.map(({ sum, measured }) => [sum, measured])).toEqual([
      [10, 1],
      [26, 1],
    ])
  })

  const counter = { ...question, kind: 'counter' as const, stepMs: 15 * MINUTE }

  it('splits what a counter counted over an edge by time', () => {
    const samples = [
      { timeMs: start + 50 * MINUTE, value: 100 },
      { timeMs: start + 65 * MINUTE, value: 103 },
    ]
    const rows = bucketsOfSamples(counter, samples, undefined, undefined)
    // 3 in 15 minutes: 10 before the hour, 5 after.
    expect(rows.map(({ sum }) => sum)).toEqual([2, 1])
    expect(rows.map(({ measured }) => measured)).toEqual([10 / 60, 5 / 60])
  })

  it('adds the new register when a counter was set back', () => {
    const [row] = bucketsOfSamples(counter, quarters(100, 104, 1, 3, 5), undefined, undefined)
    // 4, then 1 after the reset, then 2 and 2.
    expect(row).toMatchObject({ sum: 9, measured: 1 })
  })

  it('takes the nearest readings outside the range into account, and does not call a long gap measured', () => {
    const before = { timeMs: start - HOUR, value: 0 }
    const after = { timeMs: start + 3 * HOUR, value: 8 }
    const rows = bucketsOfSamples(counter, [], before, after)
    expect(rows.map(({ count, sum, mean, measured }) => [count, sum, mean, measured])).toEqual([
      [0, 2, null, 0],
      [0, 2, null, 0],
    ])
  })

  it('gives the same total consumption however the time is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 0, max: 500 })), {
          minLength: 2,
          maxLength: 60,
        }),
        fc.constantFrom('5m', '15m', '1h', '6h', '1d'),
        fc.constantFrom('Asia/Makassar', 'Asia/Kathmandu'),
        (steps, width, timeZone) => {
          let timeMs = start
          const samples = steps.map(([minutes, value]) => ({ timeMs: (timeMs += minutes * MINUTE), value }))
          const [first] = samples
          let previous = first?.value ?? 0
          let total = 0
          for (const { value } of samples) {
            total += value >= previous ? value - previous : value
            previous = value
          }
          const rows = bucketsOfSamples(
            { fromMs: start, toMs: timeMs + HOUR, kind: 'counter', bucket: parseBucket(width), timeZone },
            samples,
            undefined,
            undefined,
          )
          expect(rows.reduce((sum, row) => sum + (row.sum ?? 0), 0)).toBeCloseTo(total, 6)
          for (const { measured } of rows) {
            expect(measured).toBeGreaterThanOrEqual(0)
            expect(measured).toBeLessThanOrEqual(1)
          }
        },
      ),
    )
  })

  it('finds the step of data that declared none, in spite of gaps and bursts', () => {
    const hourly = Array.from({ length: 48 }, (_, i) => ({ timeMs: start + i * HOUR, value: 1 }))
    const samples = hourly
      .filter((_, i) => i % 7 !== 3)
      .concat({ timeMs: start + HOUR + MINUTE, value: 1 })
      .sort((a, b) => a.timeMs - b.timeMs)
    const rows = bucketsOfSamples({ ...question, toMs: start + 48 * HOUR }, samples, undefined, undefined)
    expect(rows.map(({ measured }) => measured)).toEqual(hourly.map((_, i) => (i % 7 === 3 ? 0 : 1)))
  })
})
