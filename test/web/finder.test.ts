import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findRoom, roomAt } from '../../api/web/model/finder.ts'
import { roomFor } from '../../city/room.ts'
import { openTestApi, readJson, type TestApi } from '../api/testApi.ts'
import { day, MIDNIGHT_MS, NOW_MS } from '../support/pageDay.ts'

const HOUR_MS = 3_600_000
const tomorrowMs = MIDNIGHT_MS + 24 * HOUR_MS
const times = { nowMs: NOW_MS, todayMs: MIDNIGHT_MS, tomorrowMs }
const days = {
  today: day({ capacity: 400, peak: 240 }),
  tomorrow: day({ capacity: 400, peak: 250, dayStartMs: tomorrowMs, nowMs: NOW_MS }),
}
const office = { state: 'measured' as const, capacity: 400, days }
const offices = [{ id: 'a', name: 'A', ...office }]

describe('room at an hour', () => {
  // Of 400 places, 8 times in 10 between 100 and 200 people, half the time at most 150.
  const expected = { low: 100, middle: 150, high: 200 }
  it.each([
    [200, 'sure'],
    [201, 'likely'],
    [250, 'likely'],
    [251, 'unlikely'],
    [300, 'unlikely'],
    [301, 'full'],
  ])('for %i people is %s', (people, verdict) => {
    expect(roomFor(people, { capacity: 400, expected, fewest: 10 })).toEqual({
      verdict,
      free: { least: 200, most: 300 },
    })
  })

  it('never promises more than the capacity, nor less than none', () => {
    const count = fc.nat(1000)
    fc.assert(
      fc.property(count, count, fc.tuple(count, count, count), (wanted, capacity, people) => {
        const [low, middle, high] = people.toSorted((a, b) => a - b) as [number, number, number]
        const { verdict, free } = roomFor(wanted, { capacity, expected: { low, middle, high }, fewest: 10 })
        expect(free.least).toBeGreaterThanOrEqual(0)
        expect(free.most).toBeLessThanOrEqual(capacity)
        expect(free.least).toBeLessThanOrEqual(free.most)
        expect(verdict === 'sure').toBe(free.least >= wanted)
      }),
    )
  })

  it('is not told where it is not known', () => {
    const at = (hour: number, given: object = {}) =>
      roomAt({ ...office, ...given }, MIDNIGHT_MS + hour * HOUR_MS, 1, NOW_MS).verdict
    expect(at(13)).toBe('sure')
    expect(at(8)).toBe('past')
    expect(at(19)).toBe('closed')
    expect(at(24 + 9)).toBe('sure')
    expect(at(48 + 9)).toBe('unknown')
    expect(at(13, { state: 'silent' })).toBe('withheld')
    expect(at(13, { capacity: null })).toBe('unknown')
    expect(at(13, { days: null })).toBe('unknown')
  })
})

describe('the finder', () => {
  it('answers what is asked, and of a wrong question what is likeliest meant', () => {
    const asked = (question: object) => findRoom(offices, question, times).asked
    expect(asked({ day: 'tomorrow', hour: '14', people: '12' })).toEqual({
      day: 'tomorrow',
      hour: 14,
      people: 12,
    })
    expect(asked({})).toEqual({ day: 'today', hour: 11, people: 1 })
    for (const wrong of ['0', '-1', '9999', '1e2', 'x', ''])
      expect(asked({ day: 'never', hour: wrong, people: wrong })).toEqual(asked({}))
    const late = { ...times, nowMs: MIDNIGHT_MS + 21 * HOUR_MS }
    expect(findRoom(offices, {}, late).asked).toMatchObject({ day: 'tomorrow', hour: 9 })
  })
})

describe('/v1/shared-offices', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await openTestApi()
    await api.append({ datastream: 'shared-office/occupancy', timeMs: api.clock.nowMs - 1000, value: 120 })
    const startMs = api.clock.nowMs
    api.context.forecasts.put({
      building: 'shared-office',
      property: 'occupancy',
      issuedAtMs: startMs,
      model: { name: 'test', version: '1' },
      days: [],
      hours: [0, 1, 2].map((hour) => ({
        startMs: startMs + hour * HOUR_MS,
        endMs: startMs + (hour + 1) * HOUR_MS,
        quantiles: [101, 110, 120, 130, 152, 160, 170, 180, 199],
      })),
    })
  })
  afterAll(() => api[Symbol.asyncDispose]())

  it('tells how much room there is, from people rounded to ten', async () => {
    const { items } = await api.json('/v1/shared-offices?at=2026-11-24T11:30&people=230')
    expect(items).toEqual([
      {
        building: 'shared-office',
        name: 'Kantor bersama',
        capacityPeople: 400,
        at: '2026-11-24T11:30:00+08:00',
        verdict: 'likely',
        freePlaces: { least: 200, most: 300 },
      },
    ])
    expect((await api.json('/v1/shared-offices')).items[0].verdict).toBe('sure')
    expect((await api.json('/v1/shared-offices?at=2026-11-26')).items[0]).toMatchObject({
      verdict: 'unknown',
      freePlaces: null,
    })
  })

  it.each(['at=soon', 'people=0', 'people=501', 'hour=9'])('refuses %s', async (wrong) => {
    const answer = await api.get(`/v1/shared-offices?${wrong}`)
    expect(answer.status).toBe(400)
    expect((await readJson(answer)).code).toBe('invalid-input')
  })

  it('is what the page shows', async () => {
    const page = await api.app.request('/?day=today&hour=11&people=230&lang=en')
    const text = (await page.text()).replace(/\s+/g, ' ')
    expect(text).toContain('probably enough for 230 people')
    expect(text).toContain('About 200–⁠300 free places expected at 11:00.')
  })
})
