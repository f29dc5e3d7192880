import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRoomMemory, presenceFeatureNames, type PresenceInput } from '../../city/presence.ts'
import { readPresenceModel } from '../../city/presenceModel.ts'

const MINUTE_MS = 60_000
const NOON_MS = Date.UTC(2026, 10, 25, 12)
const AIR = { co2: 600, temperature: 22, humidity: 45 } as const

/** A room that was observed each `stepMinutes` for so many minutes up to noon. */
const observed = (minutes: number, { stepMinutes = 1, leaveOut = '' } = {}) => {
  const memory = createRoomMemory({ withLight: false, timeZone: 'UTC' })
  for (let ago = minutes; ago >= 0; ago -= stepMinutes) {
    for (const [input, value] of Object.entries(AIR)) {
      if (input === leaveOut) continue
      memory.add(input as PresenceInput, { timeMs: NOON_MS - ago * MINUTE_MS, value })
    }
  }
  return memory
}

const feature = (features: Float64Array | undefined, name: string): number | undefined =>
  features?.[presenceFeatureNames(false).indexOf(name)]

describe('the features of presence', () => {
  it('are there after half an hour, one for each name, and finite', () => {
    const features = observed(40).features(NOON_MS)
    expect(features).toHaveLength(presenceFeatureNames(false).length)
    expect(features?.every(Number.isFinite)).toBe(true)
  })

  it('are not there in the first half hour', () => {
    expect(observed(20).features(NOON_MS)).toBeUndefined()
  })

  it.each(['co2', 'temperature', 'humidity'])('are not there without %s', (leaveOut) => {
    expect(observed(60, { leaveOut }).features(NOON_MS)).toBeUndefined()
  })

  it('are not there once a sensor has been silent for ten minutes', () => {
    const memory = observed(60)
    expect(memory.features(NOON_MS + 9 * MINUTE_MS)).toBeDefined()
    expect(memory.features(NOON_MS + 11 * MINUTE_MS)).toBeUndefined()
  })

  it('are there for sensors that speak every ten minutes', () => {
    expect(observed(120, { stepMinutes: 10 }).features(NOON_MS)).toBeDefined()
  })

  it('tell by how much CO2 has risen in ten minutes, on a logarithmic scale', () => {
    const memory = observed(60)
    for (let minute = 1; minute <= 10; minute += 1) {
      for (const [input, value] of Object.entries({ ...AIR, co2: 1200 })) {
        memory.add(input as PresenceInput, { timeMs: NOON_MS + minute * MINUTE_MS, value })
      }
    }
    const features = memory.features(NOON_MS + 10 * MINUTE_MS)
    expect(feature(features, 'co2Change10')).toBeCloseTo(Math.log(2))
    expect(feature(features, 'temperatureChange10')).toBeCloseTo(0)
  })

  it('do not notice that a sensor speaks more often than once a minute', () => {
    const memory = observed(60)
    const before = memory.features(NOON_MS)
    for (let second = 0; second < 60; second += 1) {
      memory.add('co2', { timeMs: NOON_MS + second * 1_000, value: AIR.co2 })
    }
    expect(memory.features(NOON_MS)).toEqual(before)
  })

  it('know the hour of the day in the zone of the building', () => {
    const memory = createRoomMemory({ withLight: false, timeZone: 'Asia/Jakarta' })
    for (let ago = 40; ago >= 0; ago -= 1) {
      for (const [input, value] of Object.entries(AIR)) {
        memory.add(input as PresenceInput, { timeMs: NOON_MS - ago * MINUTE_MS, value })
      }
    }
    // 19:00 in Jakarta.
    expect(feature(memory.features(NOON_MS), 'hourSin1')).toBeCloseTo(Math.sin((2 * Math.PI * 19) / 24))
  })

  it('leave out what no working sensor says, and forget a clock that was days ahead', () => {
    const memory = observed(60)
    const before = memory.features(NOON_MS)
    memory.add('co2', { timeMs: NOON_MS, value: Number.NaN })
    memory.add('co2', { timeMs: NOON_MS, value: 1e9 })
    memory.add('humidity', { timeMs: NOON_MS, value: -3 })
    expect(memory.features(NOON_MS)).toEqual(before)
    for (let minute = 0; minute < 300; minute += 1) {
      memory.add('co2', { timeMs: NOON_MS + 9e9 + minute * MINUTE_MS, value: 600 })
    }
    for (let minute = 1; minute <= 40; minute += 1) {
      for (const [input, value] of Object.entries(AIR)) {
        memory.add(input as PresenceInput, { timeMs: NOON_MS + minute * MINUTE_MS, value })
      }
    }
    expect(memory.features(NOON_MS + 40 * MINUTE_MS)).toBeDefined()
  })

  it('are finite whatever comes in whatever order', () => {
    const inputs = fc.constantFrom<PresenceInput>('co2', 'temperature', 'humidity', 'illuminance')
    const readings = fc.array(
      fc.record({ input: inputs, minute: fc.integer({ min: -500, max: 500 }), value: fc.double() }),
      { minLength: 100, maxLength: 600 },
    )
    fc.assert(
      fc.property(readings, fc.boolean(), (all, withLight) => {
        const memory = createRoomMemory({ withLight, timeZone: 'UTC' })
        for (const { input, minute, value } of all) {
          memory.add(input, { timeMs: NOON_MS + minute * MINUTE_MS, value })
        }
        for (let minute = -100; minute < 100; minute += 20) {
          const features = memory.features(NOON_MS + minute * MINUTE_MS)
          if (features) expect(features.every(Number.isFinite)).toBe(true)
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe('the file of a presence model', () => {
  const size = presenceFeatureNames(false).length
  const model = {
    kind: 'nadi-presence',
    version: 1,
    withLight: false,
    features: presenceFeatureNames(false),
    mean: Array.from({ length: size }, () => 0),
    scale: Array.from({ length: size }, () => 1),
    layers: [{ units: 1, weights: Array.from({ length: size }, () => 0.1), bias: [0] }],
    threshold: 0.5,
    training: { source: 'room.csv', examples: 1000, from: '2026-11-23', to: '2026-11-30', seed: 1 },
  }

  it('is read as it was written', () => {
    expect(readPresenceModel(JSON.stringify(model), 'm.json')).toEqual(model)
  })

  it.each([
    ['half a file', JSON.stringify(model).slice(0, 100), /not JSON/],
    ['another kind', JSON.stringify({ ...model, kind: 'x' }), /kind/],
    ['a weight too few', withLayer({ weights: [0.1] }), /layer 1 needs/],
    [
      'a weight that is no number',
      withLayer({ weights: Array.from({ length: size }, () => null) }),
      /weights/,
    ],
    ['other features', JSON.stringify({ ...model, features: ['co2'] }), /other features/],
    [
      'two outputs',
      withLayer({ units: 2, weights: Array.from({ length: 2 * size }, () => 0), bias: [0, 0] }),
      /one number/,
    ],
  ])('is refused with the reason when it is %s', (_, text, reason) => {
    expect(() => readPresenceModel(text, 'm.json')).toThrow(reason)
  })

  function withLayer(change: object): string {
    return JSON.stringify({ ...model, layers: [{ ...model.layers[0], ...change }] })
  }
})
