import { describe, expect, it } from 'vitest'
import { buildingNow, type NowDatastream } from '../../city/buildingNow.ts'
import type { Sample } from '../../city/observation.ts'
import { propertyOf } from '../../city/names.ts'

const nowMs = Date.UTC(2026, 10, 24, 2)
const ago = (seconds: number) => nowMs - seconds * 1000

/** Datastreams and latest samples from `path: [value, secondsAgo]`; undefined for one that never measured. */
const given = (
  samples: Record<string, [number, number] | undefined>,
  intervalSeconds: number | null = 60,
) => {
  const datastreams: NowDatastream[] = Object.keys(samples).map((path, i) => ({
    id: i + 1,
    path,
    property: propertyOf(path),
    unit: 'x',
    intervalSeconds,
  }))
  const latest = new Map<number, Sample>()
  Object.values(samples).forEach((sample, i) => {
    if (sample) latest.set(i + 1, { value: sample[0], timeMs: ago(sample[1]) })
  })
  return buildingNow({ building: 'office', datastreams, latest, nowMs })
}

describe('a building now', () => {
  it('says what it measures itself, whatever its parts say', () => {
    const { temperature } = given({ 'office/temperature': [24, 30], 'office/floor-1/temperature': [30, 30] })
    expect(temperature).toEqual({
      value: 24,
      unit: 'x',
      timeMs: ago(30),
      ageSeconds: 30,
      state: 'fresh',
      parts: null,
    })
  })

  it('is the mean of its parts where it measures nothing itself, as old as the oldest of them', () => {
    const { co2 } = given({ 'office/a/co2': [400, 10], 'office/b/co2': [600, 40] })
    expect(co2).toMatchObject({ value: 500, ageSeconds: 40, state: 'fresh', parts: 2 })
  })

  it('leaves silent parts out of a mean, but calls a sum without them old', () => {
    const now = given({
      'office/a/co2': [400, 10],
      'office/b/co2': [600, 4000],
      'office/a/occupancy': [12, 10],
      'office/b/occupancy': [30, 4000],
    })
    expect(now['co2']).toMatchObject({ value: 400, state: 'fresh', parts: 1 })
    expect(now['occupancy']).toMatchObject({ value: 42, state: 'stale', ageSeconds: 4000 })
  })

  it('counts nobody twice when a floor and its zones both count', () => {
    const { occupancy } = given({
      'office/floor-1/occupancy': [40, 5],
      'office/floor-1/zone-a/occupancy': [40, 5],
    })
    expect(occupancy?.value).toBe(40)
  })

  it('calls a value fresh for three of its steps, and five minutes at least', () => {
    expect(given({ 'office/power': [1, 299] }, 5)['power']?.state).toBe('fresh')
    expect(given({ 'office/power': [1, 301] }, 5)['power']?.state).toBe('stale')
    expect(given({ 'office/power': [1, 2700] }, 900)['power']?.state).toBe('fresh')
    expect(given({ 'office/power': [1, 2701] }, 900)['power']?.state).toBe('stale')
    expect(given({ 'office/power': [1, 901] }, null)['power']?.state).toBe('stale')
  })

  it('does not call a value from far ahead fresh', () => {
    expect(given({ 'office/power': [1, -3600] })['power']).toMatchObject({ state: 'stale', ageSeconds: 0 })
  })

  it('says "none" for what was never measured, and never zero', () => {
    expect(given({ 'office/energy': undefined, 'office/a/co2': undefined })).toEqual({
      energy: { value: null, unit: 'x', timeMs: null, ageSeconds: null, state: 'none', parts: null },
      co2: { value: null, unit: 'x', timeMs: null, ageSeconds: null, state: 'none', parts: 0 },
    })
  })

  it('does not put together what has neither a mean nor a sum', () => {
    expect(given({ 'office/a/presence': [1, 5], 'office/b/presence': [0, 5] })).toEqual({})
  })
})
