import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_MS, MINUTE_MS, at, calendar, city, ids, modelOf, run } from './demonstration.ts'
import { createClimate } from '../../../edge/simulation/climate.ts'
import { relativeHumidity } from '../../../edge/simulation/moistAir.ts'
import { OUTDOOR_CO2_PPM } from '../../../edge/simulation/zone.ts'

const TUESDAY = '2026-11-24'
const morning = (id: string, seed = 1) => {
  const model = modelOf(id, seed)
  return {
    model,
    state: run(model, model.initial(at(`${TUESDAY}T00:00:00`) - DAY_MS), at(`${TUESDAY}T10:00:00`)),
  }
}

describe('a simulated building', () => {
  it.each(ids)('%s: stopping ventilation raises CO2 where people are', (id) => {
    const { model, state } = morning(id)
    const noon = at(`${TUESDAY}T12:00:00`)
    const usual = run(model, state, noon)
    const stopped = run(model, state, noon, { overrides: { ventilationPercent: 0 } })
    stopped.zones.forEach((zone, index) => {
      if (zone.people < 1) return
      expect(zone.co2Ppm).toBeGreaterThan((usual.zones[index]?.co2Ppm ?? 0) + 2)
    })
    expect(stopped.zones.some((zone) => zone.people >= 1)).toBe(true)
  })

  it.each(ids)('%s: emptying it lowers its energy', (id) => {
    const { model, state } = morning(id)
    const evening = at(`${TUESDAY}T16:00:00`)
    const usual = run(model, state, evening).energyKwh
    const empty = run(model, state, evening, { overrides: { peopleFactor: 0 } }).energyKwh
    expect(empty).toBeLessThan(usual)
    expect(empty).toBeGreaterThan(state.energyKwh)
  })

  it.each(ids)('%s: a hotter day raises its energy', (id) => {
    const { model, state } = morning(id)
    const evening = at(`${TUESDAY}T18:00:00`)
    const usual = run(model, state, evening).energyKwh
    expect(run(model, state, evening, { overrides: { outdoorOffsetCelsius: 4 } }).energyKwh).toBeGreaterThan(
      usual,
    )
  })

  it('uses more energy when it is cooled further', () => {
    const { model, state } = morning('shared-office')
    const evening = at(`${TUESDAY}T16:00:00`)
    const cooler = run(model, state, evening, { overrides: { setpointCelsius: 22 } })
    expect(cooler.energyKwh).toBeGreaterThan(run(model, state, evening).energyKwh)
    expect(cooler.zones[0]?.temperatureCelsius).toBeCloseTo(22, 0)
  })

  it('ends where long and short steps agree, for each is solved exactly', () => {
    const { model, state } = morning('library')
    const later = at(`${TUESDAY}T11:00:00`)
    const long = run(model, state, later)
    const short = run(model, state, later, { stepMs: MINUTE_MS })
    expect(short.energyKwh - state.energyKwh).toBeCloseTo(long.energyKwh - state.energyKwh, -2)
    expect(short.zones[0]?.co2Ppm ?? 0).toBeGreaterThan((long.zones[0]?.co2Ppm ?? 0) - 60)
    expect(short.zones[0]?.co2Ppm ?? 0).toBeLessThan((long.zones[0]?.co2Ppm ?? 0) + 60)
  })

  it('rises towards the CO2 that people and outdoor air balance at', () => {
    // By hand: 36 pupils, 0.0048 L/s each; air 1.33 x (2.5 x 36 + 0.3 x 72) + 0.15/h x 216,000 L = 157.4 L/s.
    const { model, state } = morning('school')
    const index = 0
    let current = state
    for (let i = 0; i < 400; i++)
      current = {
        ...model.step({ ...current, timeMs: state.timeMs }, MINUTE_MS, { ventilationPercent: 100 }),
      }
    const people = current.zones[index]?.people ?? 0
    expect(current.zones[index]?.co2Ppm).toBeCloseTo(OUTDOOR_CO2_PPM + (1e6 * 0.0048 * people) / 157.4, -1)
  })

  it('keeps holidays and weekends by its use', () => {
    const peopleAt = (id: string, local: string): number => {
      const model = modelOf(id)
      return run(model, model.initial(at(local) - MINUTE_MS), at(local)).people
    }
    const capacity = (id: string): number =>
      city.buildings.find((building) => building.id === id)?.capacityPeople ?? 0
    const share = (id: string, local: string): number => peopleAt(id, local) / capacity(id)
    expect(share('ministry-office', '2026-11-24T10:00:00')).toBeGreaterThan(0.5)
    expect(share('ministry-office', '2026-11-28T10:00:00')).toBeLessThan(0.05)
    expect(share('ministry-office', '2026-08-17T10:00:00')).toBeLessThan(0.05)
    expect(share('ministry-office', '2026-11-24T12:20:00')).toBeLessThan(
      share('ministry-office', '2026-11-24T11:00:00') * 0.75,
    )
    expect(share('library', '2026-11-28T13:00:00')).toBeGreaterThan(0.3)
    expect(share('library', '2026-11-23T13:00:00')).toBeLessThan(0.05)
    expect(share('clinic', '2026-08-17T11:00:00')).toBeGreaterThan(0.2)
    expect(share('school', '2026-11-24T09:00:00')).toBeGreaterThan(0.8)
    expect(share('housing-tower', '2026-11-24T02:00:00')).toBeGreaterThan(
      2 * share('housing-tower', '2026-11-24T11:00:00'),
    )
    expect(share('data-centre', '2026-11-24T02:00:00')).toBeGreaterThan(0.1)
  })

  it('has a plausible energy intensity for its use', () => {
    const expected: Record<string, [number, number]> = {
      'ministry-office': [7, 15],
      'shared-office': [7, 15],
      'service-centre': [6, 15],
      library: [6, 15],
      clinic: [9, 20],
      school: [3, 10],
      'housing-tower': [4, 14],
      'data-centre': [60, 200],
    }
    for (const building of city.buildings) {
      const model = modelOf(building.id)
      const start = run(model, model.initial(at('2026-08-31T00:00:00')), at('2026-09-01T00:00:00'))
      const end = run(model, start, at('2026-10-01T00:00:00'))
      const [low, high] = expected[building.id] ?? [0, 0]
      const intensity = (end.energyKwh - start.energyKwh) / building.areaSquareMetres
      expect(intensity, building.id).toBeGreaterThan(low)
      expect(intensity, building.id).toBeLessThan(high)
    }
  })

  it('stays physical for any seed, day and meddling, and its registers never fall', () => {
    const overrides = fc.record(
      {
        peopleFactor: fc.double({ min: 0, max: 2, noNaN: true }),
        ventilationPercent: fc.double({ min: 0, max: 100, noNaN: true }),
        setpointCelsius: fc.double({ min: 16, max: 32, noNaN: true }),
        outdoorOffsetCelsius: fc.double({ min: -6, max: 10, noNaN: true }),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...ids),
        fc.integer(),
        fc.integer({ min: 0, max: 700 }),
        fc.integer({ min: 1, max: 3_600_000 }),
        overrides,
        (id, seed, day, stepMs, changed) => {
          const model = modelOf(id, seed)
          const capacity = city.buildings.find((building) => building.id === id)?.capacityPeople ?? 0
          let state = model.initial(at('2026-01-01T00:00:00') + day * DAY_MS + 30_600_000)
          for (let i = 0; i < 24; i++) {
            const next = model.step(state, stepMs, changed)
            expect(next.energyKwh).toBeGreaterThanOrEqual(state.energyKwh)
            expect(next.waterCubicMetres).toBeGreaterThanOrEqual(state.waterCubicMetres)
            expect(next.people).toBeGreaterThanOrEqual(0)
            expect(next.people).toBeLessThanOrEqual(capacity)
            for (const zone of next.zones) {
              expect(zone.co2Ppm).toBeGreaterThanOrEqual(OUTDOOR_CO2_PPM)
              expect(zone.co2Ppm).toBeLessThan(20_000)
              expect(zone.temperatureCelsius).toBeGreaterThan(10)
              expect(zone.temperatureCelsius).toBeLessThan(60)
              expect(zone.people).toBeGreaterThanOrEqual(0)
              expect(zone.powerWatts).toBeGreaterThanOrEqual(0)
              expect(relativeHumidity(zone.temperatureCelsius, zone.humidityRatio)).toBeGreaterThan(5)
            }
            const inZones = next.zones.reduce((sum, zone) => sum + zone.people, 0)
            expect(inZones).toBeCloseTo(next.people, 6)
            state = next
          }
        },
      ),
      // A few people, of whom the named zones took more than all by a rounding.
      { numRuns: 60, examples: [['school', 0, 0, 1, { peopleFactor: 0.04074243055341845 }]] },
    )
  })
})

describe('the climate', () => {
  it('is that of an equatorial coast, hotter by day, and has no jumps', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const climate = createClimate({ calendar, seed })
        let previous = climate(at('2026-05-01T00:00:00')).temperatureCelsius
        let [sum, count] = [0, 0]
        for (
          let timeMs = at('2026-05-01T00:00:00');
          timeMs < at('2026-05-21T00:00:00');
          timeMs += 10 * MINUTE_MS
        ) {
          const { temperatureCelsius, humidityRatio, solarWattsPerSquareMetre } = climate(timeMs)
          expect(temperatureCelsius).toBeGreaterThan(19)
          expect(temperatureCelsius).toBeLessThan(37)
          expect(Math.abs(temperatureCelsius - previous)).toBeLessThan(2)
          expect(solarWattsPerSquareMetre).toBeGreaterThanOrEqual(0)
          const humidity = relativeHumidity(temperatureCelsius, humidityRatio)
          expect(humidity).toBeGreaterThan(45)
          previous = temperatureCelsius
          sum += temperatureCelsius
          count += 1
        }
        expect(sum / count).toBeGreaterThan(25)
        expect(sum / count).toBeLessThan(29.5)
        expect(climate(at('2026-05-02T01:00:00')).solarWattsPerSquareMetre).toBe(0)
      }),
      { numRuns: 6 },
    )
  })

  it('knows moist air as psychrometric tables do', () => {
    // Air of 25 degrees with a dew point of 13.9 degrees has 50 % relative humidity.
    const ratio = 0.00988
    expect(relativeHumidity(25, ratio)).toBeCloseTo(50, 0)
  })
})
