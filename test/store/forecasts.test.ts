import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createForecastStore, type ForecastIssue } from '../../store/forecasts.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const HOUR_MS = 3_600_000
const issue = (issuedAtMs: number, change: Partial<ForecastIssue> = {}): ForecastIssue => ({
  building: 'library',
  property: 'energy',
  issuedAtMs,
  model: { name: 'same-hour-mean', version: '1' },
  hours: [0, 1].map((hour) => ({
    startMs: issuedAtMs + hour * HOUR_MS,
    endMs: issuedAtMs + (hour + 1) * HOUR_MS,
    quantiles: [1, 2, 3, 4, 5, 6, 7, 8, 9.1],
  })),
  days: [],
  ...change,
})
const hour = (quantiles: number[], startMs = 0) => ({ startMs, endMs: startMs + HOUR_MS, quantiles })

const temporaryStore = async () => {
  const folder = await temporaryFolder()
  const file = path.join(folder.path, 'forecasts.sqlite')
  let store = createForecastStore({ file })
  return {
    get store() {
      return store
    },
    reopen() {
      store.close()
      store = createForecastStore({ file })
      return store
    },
    async [Symbol.asyncDispose]() {
      store.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

describe('the forecast store', () => {
  it('gives back the newest issue of a series exactly, also after a restart', async () => {
    await using at = await temporaryStore()
    const newest = issue(2 * HOUR_MS, { days: [hour([0, 0, 0, 0, 0.1, 1, 1, 1, 1e9])] })
    at.store.put(newest)
    at.store.put(issue(HOUR_MS))
    at.store.put(issue(9 * HOUR_MS, { property: 'occupancy' }))
    at.store.put(issue(9 * HOUR_MS, { building: 'clinic' }))
    expect(at.reopen().newest('library', 'energy')).toEqual(newest)
    expect(at.store.newest('school', 'energy')).toBeUndefined()
  })

  it('lets issues go that are more than 400 days older than the newest of their series, and no others', async () => {
    await using at = await temporaryStore()
    const kept = 400 * 24 * HOUR_MS
    for (let hour = 0; hour < 120; hour += 1) at.store.put(issue(hour * HOUR_MS))
    at.store.put(issue(0, { property: 'occupancy' }))
    at.store.put(issue(0, { building: 'clinic' }))
    const times = () => at.store.range('library', 'energy', 0, 9e15).map(({ issuedAtMs }) => issuedAtMs)
    at.store.put(issue(kept))
    expect(times()).toHaveLength(121)
    at.store.put(issue(kept + HOUR_MS))
    expect(times().slice(0, 2)).toEqual([HOUR_MS, 2 * HOUR_MS])
    // Whatever has gathered goes within a few puts, the oldest first.
    at.store.put(issue(2 * kept))
    expect(times()).toEqual([
      ...Array.from({ length: 19 }, (_, i) => (101 + i) * HOUR_MS),
      kept,
      kept + HOUR_MS,
      2 * kept,
    ])
    at.store.put(issue(2 * kept))
    expect(times()).toEqual([kept, kept + HOUR_MS, 2 * kept])
    expect(at.store.newest('library', 'occupancy')).toEqual(issue(0, { property: 'occupancy' }))
    expect(at.store.newest('clinic', 'energy')).toEqual(issue(0, { building: 'clinic' }))
  })

  it('replaces an issue of the same time and keeps all others for scoring', async () => {
    await using at = await temporaryStore()
    for (const time of [1, 2, 3, 4]) at.store.put(issue(time * HOUR_MS))
    const again = issue(2 * HOUR_MS, { model: { name: 'other', version: '2' } })
    at.store.put(again)
    expect(at.store.range('library', 'energy', 2 * HOUR_MS, 4 * HOUR_MS)).toEqual([again, issue(3 * HOUR_MS)])
  })

  it.each([
    ['quantiles that never cross', [hour([1, 2, 3, 4, 5, 6, 7, 9, 8])]],
    ['9 finite quantiles', [hour([1, 2, 3])]],
    ['9 finite quantiles', [hour([1, 2, 3, 4, 5, 6, 7, 8, Infinity])]],
    ['9 finite quantiles', [hour([Number.NaN, 2, 3, 4, 5, 6, 7, 8, 9])]],
    ['a span that ends after its start', [{ ...hour([1, 1, 1, 1, 1, 1, 1, 1, 1]), endMs: 0 }]],
    [
      'after the one before it',
      [hour([1, 1, 1, 1, 1, 1, 1, 1, 1]), hour([1, 1, 1, 1, 1, 1, 1, 1, 1], HOUR_MS / 2)],
    ],
  ])('refuses an issue that lacks %s', async (lacking, hours) => {
    await using at = await temporaryStore()
    expect(() => at.store.put(issue(0, { hours }))).toThrow(lacking)
    expect(() => at.store.put(issue(0, { days: hours }))).toThrow(lacking)
    expect(at.store.newest('library', 'energy')).toBeUndefined()
  })

  it('keeps any ascending numbers bit for bit', async () => {
    await using at = await temporaryStore()
    const quantiles = fc
      .array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 9, maxLength: 9 })
      .map((values) => values.sort((a, b) => a - b))
    fc.assert(
      fc.property(fc.array(quantiles, { maxLength: 48 }), (all) => {
        const put = issue(0, { hours: all.map((values, i) => hour(values, i * HOUR_MS)) })
        at.store.put(put)
        expect(at.store.newest('library', 'energy')).toEqual(put)
      }),
      { numRuns: 50 },
    )
  })
})
