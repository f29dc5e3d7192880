import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { examineAll } from '../../city/quality/examine.ts'
import type { QualityRules } from '../../city/quality/finding.ts'
import { TEST_SCALE } from '../support/testScale.ts'
import { send, watchedCity, type WatchedCity } from './fixture.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const NOW_MS = Date.UTC(2026, 10, 24, 2)

const ENERGY = 'library/energy'
const ROOM = 'library/floor-1/temperature'
const HALL = 'library/hall/temperature'

const openKinds = ({ catalogue, quality }: WatchedCity, datastream: string) =>
  quality.openKinds(catalogue.datastreams.find(datastream)?.id ?? 0)

const minutes = (datastream: string, values: readonly number[], fromMs = NOW_MS) =>
  values.map((value, at) => ({ datastream, timeMs: fromMs + at * MINUTE_MS, value }))

describe('the watch over quality', () => {
  it('flags a reset and leaves the values as they were sent', async () => {
    await using city = await watchedCity(NOW_MS)
    const readings = minutes(ENERGY, [100, 101, 5, 6])
    for (const reading of readings) await send(city.intake, reading)
    await city.idle()
    expect(city.found(ENERGY)).toEqual([
      { kind: 'counter-reset', fromMs: NOW_MS + MINUTE_MS, toMs: NOW_MS + 2 * MINUTE_MS, count: 1 },
    ])
  })

  it('lets a late reading heal what its absence looked like', async () => {
    await using city = await watchedCity(NOW_MS)
    city.catalogue.datastreams.declare({ path: ROOM, intervalSeconds: 60 })
    const first = { datastream: ROOM, timeMs: NOW_MS - HOUR_MS, value: 22 }
    const later = { datastream: ROOM, timeMs: NOW_MS, value: 23 }
    await send(city.intake, first, later)
    await city.idle()
    expect(city.found(ROOM)).toMatchObject([{ kind: 'silence', fromMs: first.timeMs, toMs: later.timeMs }])
    await send(
      city.intake,
      ...minutes(
        ROOM,
        Array.from({ length: 59 }, (_, at) => 22 + at / 100),
        first.timeMs + MINUTE_MS,
      ),
    )
    await city.idle()
    expect(city.found(ROOM)).toEqual([])
  })

  it('follows a corrected value', async () => {
    await using city = await watchedCity(NOW_MS)
    await send(city.intake, ...minutes(ROOM, [22, 90, 22.1]))
    await city.idle()
    expect(city.found(ROOM)).toMatchObject([{ kind: 'impossible-jump', count: 2 }])
    await send(city.intake, { datastream: ROOM, timeMs: NOW_MS + MINUTE_MS, value: 22.05 })
    await city.idle()
    expect(city.found(ROOM)).toEqual([])
  })

  it('says silence by the clock of whoever has spoken, until it speaks again', async () => {
    await using city = await watchedCity(NOW_MS)
    city.catalogue.datastreams.declare({ path: ROOM, intervalSeconds: 60 })
    await send(city.intake, { datastream: ROOM, timeMs: NOW_MS, value: 22 })
    city.clock.nowMs += 5 * MINUTE_MS
    await city.idle()
    expect(openKinds(city, ROOM)).toEqual([])
    city.clock.nowMs += MINUTE_MS
    await city.idle()
    expect(openKinds(city, ROOM)).toEqual(['silence'])
    expect(city.found(ROOM)).toMatchObject([{ kind: 'silence', fromMs: NOW_MS, toMs: null }])
    await send(city.intake, { datastream: ROOM, timeMs: city.clock.nowMs, value: 22.1 })
    await city.idle()
    expect(openKinds(city, ROOM)).toEqual([])
    expect(city.found(ROOM)).toMatchObject([{ kind: 'silence', fromMs: NOW_MS, toMs: city.clock.nowMs }])
  })

  it('learns the step of a Datastream that declared none', async () => {
    await using city = await watchedCity(NOW_MS)
    for (let at = 0; at < 20; at += 1) {
      city.clock.nowMs = NOW_MS + at * 10 * MINUTE_MS
      await send(city.intake, { datastream: ROOM, timeMs: city.clock.nowMs, value: 22 + at / 10 })
    }
    city.clock.nowMs += 31 * MINUTE_MS
    await city.idle()
    expect(openKinds(city, ROOM)).toEqual(['silence'])
  })

  it('calls no archive silent that was only ever told of the past', async () => {
    await using city = await watchedCity(NOW_MS)
    city.catalogue.datastreams.declare({ path: ROOM, intervalSeconds: 60 })
    await send(city.intake, ...minutes(ROOM, [20, 21, 22], NOW_MS - 400 * DAY_MS))
    await city.idle()
    expect(openKinds(city, ROOM)).toEqual([])
  })

  it('flags a clock that is ahead', async () => {
    await using city = await watchedCity(NOW_MS)
    await send(city.intake, { datastream: ROOM, timeMs: NOW_MS + HOUR_MS, value: 22 })
    await city.idle()
    expect(openKinds(city, ROOM)).toEqual(['clock-skew'])
    await send(city.intake, { datastream: ROOM, timeMs: NOW_MS, value: 22 })
    await city.idle()
    expect(openKinds(city, ROOM)).toEqual([])
    const [flag] = city.quality.find({ limit: 10 })
    expect(flag).toMatchObject({ kind: 'clock-skew', fromMs: NOW_MS + HOUR_MS, toMs: NOW_MS + HOUR_MS })
  })

  it.each(['clean', 'killed'] as const)('misses nothing over a stop that is %s', async (how) => {
    await using city = await watchedCity(NOW_MS)
    city.catalogue.datastreams.declare({ path: ROOM, intervalSeconds: 60 })
    await send(city.intake, ...minutes(ENERGY, [100, 101]), ...minutes(ROOM, [22, 22.1]))
    await city.idle()
    // Not seen by the one before: it ends in this very moment, or the next one begins after it.
    await city.restart(how, () =>
      send(city.intake, ...minutes(ENERGY, [7, 8], NOW_MS + 2 * MINUTE_MS), {
        datastream: ROOM,
        timeMs: NOW_MS + HOUR_MS,
        value: 22,
      }),
    )
    expect(city.found(ENERGY)).toMatchObject([{ kind: 'counter-reset', fromMs: NOW_MS + MINUTE_MS }])
    expect(city.found(ROOM)).toMatchObject([{ kind: 'silence', fromMs: NOW_MS + MINUTE_MS }])
  })

  it('looks at what is there already when it is new to a city', async () => {
    await using city = await watchedCity(NOW_MS)
    await city.restart('killed', () => send(city.intake, ...minutes(ENERGY, [100, 101, 5])))
    expect(city.found(ENERGY)).toMatchObject([{ kind: 'counter-reset' }])
  })
})

describe('while its database fails', () => {
  it('holds a bounded number of findings, and finds all of them once it works again', async () => {
    await using city = await watchedCity(NOW_MS, { mostWaiting: 10 })
    await send(city.intake, ...minutes(ENERGY, [100]))
    await city.idle()
    city.fail(true)
    const values = Array.from({ length: 600 }, (_, at) => (at % 2 === 0 ? 500 : 3))
    for (const reading of minutes(ENERGY, values, NOW_MS + MINUTE_MS)) await send(city.intake, reading)
    expect(city.found(ENERGY)).toEqual([])
    city.fail(false)
    const before = city.batches.length
    await city.idle()
    // What had waited: as much as may, and what the last reading brought.
    expect(city.batches[before]).toBeLessThan(20)
    const all = minutes(ENERGY, [100, ...values]).map(({ timeMs, value }) => ({ timeMs, value }))
    const rules: QualityRules = { property: 'energy', unit: 'kWh', kind: 'counter', stepMs: undefined }
    const found = city.found(ENERGY).filter(({ kind }) => kind === 'counter-reset')
    expect(found).toEqual(
      examineAll(rules, all)
        .filter(({ kind }) => kind === 'counter-reset')
        .map(({ kind, fromMs, toMs, count }) => ({ kind, fromMs, toMs, count })),
    )
  })

  it('ends the silence and the fault of a clock that it had told, each once', async () => {
    await using city = await watchedCity(NOW_MS, { mostWaiting: 1 })
    city.catalogue.datastreams.declare({ path: ROOM, intervalSeconds: 60 })
    city.catalogue.datastreams.declare({ path: HALL, intervalSeconds: 60 })
    await send(city.intake, ...minutes(ROOM, [22]), ...minutes(HALL, [22], NOW_MS + DAY_MS))
    await send(city.intake, ...minutes(ENERGY, [100]))
    city.clock.nowMs += HOUR_MS
    await city.idle()
    expect(openKinds(city, ROOM)).toEqual(['silence'])
    expect(openKinds(city, HALL)).toContain('clock-skew')
    city.fail(true)
    // The fall fills the queue; what comes then is put off.
    await send(city.intake, ...minutes(ENERGY, [5], NOW_MS + MINUTE_MS))
    await send(city.intake, ...minutes(ROOM, [22.1], NOW_MS + HOUR_MS))
    await send(city.intake, ...minutes(HALL, [22.1], NOW_MS + HOUR_MS))
    city.fail(false)
    await city.idle()
    expect(openKinds(city, ROOM)).toEqual([])
    expect(city.found(ROOM)).toMatchObject([{ kind: 'silence', fromMs: NOW_MS, toMs: NOW_MS + HOUR_MS }])
    expect(openKinds(city, HALL)).toContain('clock-skew')
    await send(city.intake, ...minutes(HALL, [22.2], NOW_MS + HOUR_MS + MINUTE_MS))
    await city.idle()
    expect(openKinds(city, HALL)).not.toContain('clock-skew')
    expect(city.found(ENERGY)).toMatchObject([{ kind: 'counter-reset', fromMs: NOW_MS }])
  })
})

describe('whatever the order, the portions and the restarts', () => {
  /** Few values and uneven times, so that runs, falls, jumps and gaps all happen. */
  const sample = fc.record({
    step: fc.constantFrom(1, 5, 7, 40, 170, 1500, 60_000),
    value: fc.constantFrom(10, 10, 10, 10, 11, 30, 90, 99_999),
  })
  const shapes: readonly QualityRules[] = [
    { property: 'temperature', unit: 'Cel', kind: 'instant', stepMs: 5 * MINUTE_MS },
    { property: 'energy', unit: 'kWh', kind: 'counter', stepMs: 5 * MINUTE_MS },
    { property: 'energy', unit: 'kWh', kind: 'interval', stepMs: 5 * MINUTE_MS },
    { property: 'setpoint', unit: 'Cel', kind: 'instant', stepMs: 5 * MINUTE_MS },
  ]

  it('what is found is what one look over all readings finds', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...shapes),
        fc.array(sample, { minLength: 1, maxLength: 60 }),
        fc.array(fc.nat(), { maxLength: 60 }),
        fc.array(fc.constantFrom('look', 'clean', 'killed', 'fail', 'go on', 'go on', 'go on'), {
          maxLength: 12,
        }),
        fc.integer({ min: 1, max: 9 }),
        async (rules, steps, swaps, breaks, portion) => {
          const path = `library/floor-1/${rules.property}`
          await using city = await watchedCity(NOW_MS, { mostWaiting: 2 })
          city.catalogue.datastreams.declare({ path, kind: rules.kind, intervalSeconds: 300 })
          let timeMs = NOW_MS - 300 * DAY_MS
          const samples = steps.map(({ step, value }) => ({ timeMs: (timeMs += step * MINUTE_MS), value }))
          const order = [...samples]
          swaps.forEach((swap, at) => {
            const [a, b] = [at % order.length, swap % order.length]
            const [first, second] = [order[a], order[b]]
            if (first && second) [order[a], order[b]] = [second, first]
          })
          for (let at = 0; at < order.length; at += portion) {
            await send(
              city.intake,
              ...order.slice(at, at + portion).map((it) => ({ ...it, datastream: path })),
            )
            const what = breaks[at / portion]
            if (what === 'fail') city.fail(true)
            if (what === 'look' || what === 'clean') city.fail(false)
            if (what === 'look') await city.idle()
            else if (what === 'clean') await city.restart('clean')
          }
          city.fail(false)
          await city.idle()
          if (breaks.includes('killed')) await city.restart('killed')
          const wanted = examineAll(rules, samples)
            .map(({ kind, fromMs, toMs, count }) => ({ kind, fromMs, toMs, count }))
            .sort((a, b) => a.fromMs - b.fromMs || (a.kind < b.kind ? -1 : 1))
          expect(city.found(path)).toEqual(wanted)
        },
      ),
      { numRuns: 150 * TEST_SCALE },
    )
  }, 60_000)
})
