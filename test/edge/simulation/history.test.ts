import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Reading } from '../../../city/observation.ts'
import { PROPERTIES } from '../../../city/properties.ts'
import { propertyOf } from '../../../city/names.ts'
import {
  DEFAULT_SEED,
  createSimulatedBuilding,
  requireSimulated,
} from '../../../edge/simulation/simulatedBuilding.ts'
import { DEFAULT_EPOCH_MS } from '../../../edge/simulation/timeline.ts'
import { generateHistory, historyBirth } from '../../../edge/history.ts'
import { DAY_MS, MINUTE_MS, at, city, ids } from './demonstration.ts'

const historyOf = (id: string, fromMs: number, toMs: number, seed?: number): Reading[] =>
  [
    ...generateHistory({
      city,
      building: requireSimulated(city, id),
      fromMs,
      toMs,
      ...(seed !== undefined && { seed }),
    }),
  ].flat()
const registers = (readings: readonly Reading[], datastream: string): number[] =>
  readings.filter((reading) => reading.datastream === datastream).map(({ value }) => value)

describe('simulated history', () => {
  const fromMs = at('2026-11-17T00:00:00')
  const toMs = at('2026-11-24T00:00:00')

  it('is the same for the same seed, whenever it begins, and another for another seed', () => {
    const threeDaysMs = toMs - 3 * DAY_MS
    const whole = historyOf('clinic', threeDaysMs, toMs)
    expect(historyOf('clinic', threeDaysMs, toMs)).toEqual(whole)
    expect(historyOf('clinic', toMs - DAY_MS, toMs)).toEqual(
      whole.filter(({ timeMs }) => timeMs >= toMs - DAY_MS),
    )
    expect(historyOf('clinic', threeDaysMs, toMs, 7)).not.toEqual(whole)
  })

  it.each(ids)('%s: every value is one that its sensor can show, with gaps here and there', (id) => {
    const readings = historyOf(id, fromMs, toMs)
    const declared = new Set(
      historyBirth({ city, building: requireSimulated(city, id), fromMs, toMs }).datastreams.map(
        ({ name }) => name,
      ),
    )
    for (const { datastream, value } of readings) {
      expect(declared.has(datastream)).toBe(true)
      const { min, max } = PROPERTIES[propertyOf(datastream)] ?? { min: 0, max: 0 }
      if (!(value >= min && value <= max)) throw new Error(`${datastream} ${value}`)
    }
    const expected = declared.size * 7 * 96
    expect(readings.length).toBeLessThan(expected)
    expect(readings.length).toBeGreaterThan(0.97 * expected)
  })

  it('has meters that never fall, before, across and after the epoch', () => {
    for (const [from, to] of [
      [DEFAULT_EPOCH_MS - 5 * DAY_MS, DEFAULT_EPOCH_MS + 5 * DAY_MS],
      [fromMs, toMs],
    ] as const) {
      const readings = historyOf('shared-office', from, to)
      for (const meter of ['shared-office/energy', 'shared-office/water']) {
        const values = registers(readings, meter)
        expect(values.length).toBeGreaterThan(500)
        values.forEach((value, index) => expect(value).toBeGreaterThanOrEqual(values[index - 1] ?? -Infinity))
      }
    }
  })

  it('goes on in live readings, from whatever moment the agent starts, over and over', () => {
    const building = requireSimulated(city, 'library')
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3 * 3_600_000 }), { minLength: 2, maxLength: 4 }),
        (starts) => {
          const seen: { timeMs: number; value: number }[] = historyOf('library', toMs - DAY_MS, toMs).filter(
            ({ datastream }) => datastream === 'library/energy',
          )
          for (const startMs of starts) {
            const { timeline, sensors } = createSimulatedBuilding({
              city,
              building,
              seed: DEFAULT_SEED,
              fromMs: toMs + startMs,
              intervalSeconds: 5,
            })
            for (let i = 0; i < 20; i++) {
              const readings = sensors.read(timeline.at(toMs + startMs + i * 5_000))
              seen.push(...readings.filter(({ datastream }) => datastream === 'library/energy'))
            }
          }
          seen.sort((a, b) => a.timeMs - b.timeMs)
          seen.forEach(({ value }, index) =>
            expect(value).toBeGreaterThanOrEqual(seen[index - 1]?.value ?? -Infinity),
          )
        },
      ),
      { numRuns: 3 },
    )
  })

  it('meters what the power says', () => {
    const readings = historyOf('ministry-office', fromMs, toMs)
    const energy = registers(readings, 'ministry-office/energy')
    const power = registers(readings, 'ministry-office/power')
    const meanWatts = power.reduce((sum, value) => sum + value, 0) / power.length
    const metered = (energy.at(-1) ?? 0) - (energy[0] ?? 0)
    expect(metered / ((meanWatts / 1_000) * 168)).toBeCloseTo(1, 1)
  })

  it('has a day between midnight and midnight that looks like a day', () => {
    const readings = historyOf('shared-office', at('2026-11-18T00:00:00'), at('2026-11-19T00:00:00'))
    const people = new Map(
      readings
        .filter(({ datastream }) => datastream === 'shared-office/occupancy')
        .map(({ timeMs, value }) => [timeMs, value]),
    )
    const near = (local: string): number =>
      Math.max(...[-30, -15, 0, 15, 30].map((minutes) => people.get(at(local) + minutes * MINUTE_MS) ?? 0))
    expect(near('2026-11-18T10:30:00')).toBeGreaterThan(near('2026-11-18T03:00:00') + 300)
    expect(near('2026-11-18T10:30:00')).toBeGreaterThan(near('2026-11-18T21:00:00') + 300)
  })
})
