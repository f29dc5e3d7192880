import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFormat } from '../../api/web/format.ts'
import { ticksFor } from '../../api/web/components/axis.ts'
import { placeLabels } from '../../api/web/components/mapLabels.ts'
import { answerOf, ledgerOf } from '../../api/web/model/answers.ts'
import { airOf, comfortOf } from '../../api/web/model/comfort.ts'
import { ikeClassOf, IKE_LIMITS, ikeOf } from '../../api/web/model/ike.ts'
import { disclosedInterval, quietHoursOf } from '../../api/web/model/peopleHours.ts'
import { createMemory } from '../../api/web/model/remember.ts'
import { inOrder } from '../../api/web/model/summary.ts'
import { HOUR_MS } from '../../city/partials.ts'
import { day, MIDNIGHT_MS, MINUTE_MS, NOW_MS } from '../support/pageDay.ts'
import * as overviews from '../support/pageOverviews.ts'

describe('a moment of the past', () => {
  const format = createFormat('en', 'Asia/Makassar')
  const nowMs = Date.UTC(2026, 10, 24, 4)

  it('has its day when that is another, and its year when that is another', () => {
    expect(format.moment(Date.UTC(2026, 10, 24, 1), nowMs)).toBe('09:00')
    expect(format.moment(Date.UTC(2026, 10, 1, 0), nowMs)).toMatch(/^Sunday 1 Nov\S* 08:00$/)
    expect(format.moment(Date.UTC(2019, 11, 31, 23), nowMs)).toBe('1 Jan 2020, 07:00')
  })

  it('says its date once', () => {
    expect(format.last(Date.UTC(2026, 10, 24, 2), nowMs)).toBe('10:00, 2 hours ago')
    expect(format.last(Date.UTC(2019, 11, 31, 23), nowMs)).toBe('1 Jan 2020, 07:00')
  })

  it("names the zone when it is not the page's", () => {
    const london = format.inZone('Europe/London')
    expect(london.moment(Date.UTC(2026, 10, 24, 1), nowMs)).toBe('01:00 UTC+0')
    expect(london.zone(nowMs)).toBe('UTC+0')
    expect(format.inZone('Asia/Makassar')).toBe(format)
  })
})

describe('the energy class', () => {
  it('of Makassar city hall, 12.44 kWh per m2 and month, is efficient (Permen ESDM 13/2012)', () => {
    const intensity = 63_661 / 5_119
    expect(intensity).toBeCloseTo(12.44, 2)
    expect(ikeClassOf(intensity, IKE_LIMITS.airConditioned)).toBe('efficient')
  })

  it('gives a limit to the class above it', () => {
    const classes = [8.4, 8.5, 14, 18.5].map((value) => ikeClassOf(value, IKE_LIMITS.airConditioned))
    expect(classes).toEqual(['veryEfficient', 'efficient', 'fair', 'wasteful'])
  })

  it('is not named when less than four fifths of the month is measured', () => {
    const building = { kwh: 10_000, areaSquareMetres: 1000, airConditioned: true }
    expect(ikeOf({ ...building, measuredDays: 23 })).toBeNull()
    expect(ikeOf({ ...building, measuredDays: 30 })?.value).toBeCloseTo(10.146, 3)
  })
})

describe('plain words', () => {
  it('judge a number as it is shown', () => {
    expect([20.9, 22.9, 23, 26.04, 26.06, 28.1].map(comfortOf)).toEqual([
      'cold',
      'cool',
      'comfortable',
      'comfortable',
      'warm',
      'hot',
    ])
    expect([800, 804, 806, 1004, 1006].map(airOf)).toEqual(['fresh', 'fresh', 'fair', 'fair', 'stuffy'])
  })

  it('write ages in words up to a day, then leave it to the date', () => {
    const format = createFormat('en', 'Asia/Makassar')
    const at = NOW_MS
    expect(format.age(at - 30_000, at)).toBe('just now')
    expect(format.age(at - 94 * 60_000, at)).toBe('1 hour 34 minutes ago')
    expect(format.age(at - 26 * 3_600_000, at)).toBe('')
  })
})

describe('the answer', () => {
  it('counts as quiet only what is open and measured now', () => {
    expect(answerOf(overviews.overview())).toEqual({
      kind: 'quiet',
      quiet: 4,
      measured: 6,
      someClosed: false,
    })
  })

  it('is that nothing is known, never zero, when nothing was measured', () => {
    expect(answerOf(overviews.emptyOverview())).toEqual({ kind: 'empty' })
    expect(ledgerOf(overviews.emptyOverview())).toMatchObject({
      temperature: null,
      bestHour: null,
      latestMs: null,
    })
  })

  it('counts the silent, and apart from them those not yet measured', () => {
    expect(ledgerOf(overviews.overview())).toMatchObject({ silent: 2, notYet: 1 })
  })
})

describe('the list', () => {
  it('is quietest first, then old, silent and unmeasured, and numbered as shown', () => {
    const shown = inOrder(overviews.overview().buildings.toReversed())
    expect(shown.map(({ id }) => id)).toEqual([
      'archive',
      'shared-office',
      'library',
      'ministry',
      'housing',
      'service',
      'town-hall',
      'clinic',
      'estate',
    ])
    expect(shown.map(({ key }) => key)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  })
})

describe('best hours', () => {
  const weekday = day({ capacity: 400, peak: 240 })

  it('are to come, within opening hours, and the quietest first', () => {
    const [best, next] = quietHoursOf(weekday.hours, weekday.opening, {
      nowMs: NOW_MS,
      day: 'today',
      most: 2,
    })
    expect(best?.startMs).toBe(MIDNIGHT_MS + 13 * HOUR_MS)
    expect(next?.startMs).toBe(MIDNIGHT_MS + 12 * HOUR_MS)
  })

  it('lie ahead: an hour that has begun counts while half of it is left', () => {
    const [from, to] = [13, 15].map((hour) => MIDNIGHT_MS + hour * HOUR_MS)
    const opening = { opensMs: from ?? 0, closesMs: to ?? 0 }
    const best = (minutes: number) =>
      quietHoursOf(weekday.hours, opening, {
        nowMs: (from ?? 0) + minutes * MINUTE_MS,
        day: 'today',
        most: 1,
      })[0]
    expect(best(30)).toMatchObject({ startMs: from, now: true })
    expect(best(31)).toMatchObject({ startMs: (from ?? 0) + HOUR_MS, now: false })
    expect(best(91)).toBeUndefined()
  })

  it('are none on a day that is closed', () => {
    expect(quietHoursOf(weekday.hours, 'closed', { nowMs: NOW_MS, day: 'today', most: 2 })).toEqual([])
  })

  it('never tell a bound under the minimum count', () => {
    const hour = { startMs: 0, endMs: 1, quantiles: [2, 3, 4, 8, 9, 11, 14, 17, 23] }
    expect(disclosedInterval('levels', hour)).toEqual({ low: 0, middle: 0, high: 20 })
    expect(disclosedInterval('levels', { ...hour, quantiles: hour.quantiles.map(() => 7) })).toBe('few')
  })
})

describe('drawing', () => {
  it('puts at most five round ticks above zero, all within the scale', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1e7, noNaN: true }), (highest) => {
        const { ticks, top } = ticksFor(highest)
        expect(ticks.length).toBeGreaterThanOrEqual(3)
        expect(ticks.length).toBeLessThanOrEqual(5)
        expect(top).toBeGreaterThanOrEqual(highest)
        expect(Math.max(...ticks)).toBeLessThanOrEqual(top * (1 + 1e-9))
      }),
    )
  })

  it.each([
    [10, false, [2.5, 5, 7.5, 10], 1],
    [10, true, [2, 4, 6, 8, 10], 0],
    [1, false, [0.25, 0.5, 0.75, 1], 2],
    [3, true, [1, 2, 3], 0],
    [380, false, [100, 200, 300], 0],
  ])('writes the ticks up to %s truly (whole: %s)', (highest, whole, ticks, decimals) => {
    expect(ticksFor(highest, { whole })).toMatchObject({ ticks, decimals })
  })

  it('keeps map labels off the north arrow', () => {
    const spot = {
      id: 'a',
      x: 0.93,
      y: 0.14,
      width: 80,
      height: 26,
      box: { left: 0.85, right: 0.95, top: 0.1, bottom: 0.18 },
    }
    const { dx, dy } = placeLabels([spot], { widths: [350], aspect: 350 / 301 }).get('a') ?? { dx: 0, dy: 0 }
    const [right, top] = [0.93 * 350 + dx + 40, 0.14 * 301 + dy - 13]
    expect(right <= 350 - 36 || top >= 48).toBe(true)
  })

  it('keeps map labels inside the sheet', () => {
    const spot = {
      id: 'a',
      x: 0.02,
      y: 0.02,
      width: 80,
      height: 26,
      box: { left: 0, top: 0, right: 0.04, bottom: 0.04 },
    }
    const offset = placeLabels([spot], { widths: [350, 692], aspect: 1.2 }).get('a')
    expect(0.02 * 350 + (offset?.dx ?? 0) - 40).toBeGreaterThanOrEqual(0)
    expect(0.02 * (350 / 1.2) + (offset?.dy ?? 0) - 13).toBeGreaterThanOrEqual(0)
  })
})

describe('what is remembered', () => {
  it('is asked once while it holds, again after, and never kept when it failed', async () => {
    let nowMs = 0
    let asked = 0
    const memory = createMemory<number>(() => nowMs, 100)
    const ask = () => Promise.resolve((asked += 1))
    expect(await memory('a', ask)).toBe(1)
    expect(await memory('a', ask)).toBe(1)
    nowMs = 100
    expect(await memory('a', ask)).toBe(2)
    await expect(memory('b', () => Promise.reject(new Error('down')))).rejects.toThrow('down')
    expect(await memory('b', ask)).toBe(3)
  })
})
