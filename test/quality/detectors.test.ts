import { describe, expect, it } from 'vitest'
import { addTime, apartBlocks, type Block } from '../../city/quality/apart.ts'
import { createClockWatch, noteArrival } from '../../city/quality/clockSkew.ts'
import { examineAll } from '../../city/quality/examine.ts'
import type { QualityRules } from '../../city/quality/finding.ts'
import { addRange } from '../../city/quality/ranges.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const rules = (property: string, others: Partial<QualityRules> = {}): QualityRules => ({
  property,
  unit: 'x',
  kind: 'instant',
  stepMs: undefined,
  ...others,
})
const counter = rules('energy', { kind: 'counter', unit: 'kWh' })

/** Values a minute apart, or `everyMs`. */
const values = (given: readonly number[], everyMs = MINUTE_MS) =>
  given.map((value, at) => ({ timeMs: at * everyMs, value }))

const kinds = (of: QualityRules, given: readonly number[], everyMs?: number): string[] =>
  examineAll(of, values(given, everyMs)).map(({ kind }) => kind)

describe('a counter', () => {
  it('that falls was reset', () => {
    expect(examineAll(counter, values([100, 101, 5, 6]))).toEqual([
      {
        kind: 'counter-reset',
        fromMs: MINUTE_MS,
        toMs: 2 * MINUTE_MS,
        count: 1,
        detail: 'the register fell from 101 to 5 kWh',
      },
    ])
  })

  it.each([
    [99_999.9, 0.1],
    [999, 1],
    [9_999, 100],
    [65_535, 3],
    [65.535e3 / 10, 0],
    [4_294_967.2, 1.4],
    [2_147_483_646, 7],
  ])('that goes from %d to %d rolled over', (before, after) => {
    expect(kinds(counter, [before, after])).toEqual(['counter-rollover'])
  })

  it.each([
    [500, 0],
    [99_999, 50_000],
    [70_000, 1],
    [99, 0],
  ])('that goes from %d to %d was reset, not rolled over', (before, after) => {
    expect(kinds(counter, [before, after])).toEqual(['counter-reset'])
  })

  it('that only grows has nothing wrong, also by export of its whole first year', () => {
    expect(kinds(counter, [0, 1, 1, 2, 500])).toEqual([])
  })

  it('jumps impossibly when it grows by more than a building can draw', () => {
    expect(kinds(counter, [100, 101, 4_000_000, 4_000_001])).toEqual(['impossible-jump'])
  })

  it('is not one when it is an instant', () => {
    expect(kinds(rules('power'), [100, 101, 5, 6])).toEqual([])
  })
})

describe('an impossible jump', () => {
  it.each([
    ['temperature', [24, 24.1, 85, 24.2], 2],
    ['humidity', [60, 0, 61], 2],
    ['co2', [600, 65_535, 610], 2],
    ['occupancy', [40, 65_535, 41], 2],
  ] as const)('of %s is found', (property, given, count) => {
    const [finding, ...others] = examineAll(rules(property), values(given))
    expect(others).toEqual([])
    expect(finding).toMatchObject({ kind: 'impossible-jump', fromMs: expect.any(Number), count })
  })

  it.each(['power', 'illuminance', 'setpoint', 'ventilation', 'presence', 'unheard-of'])(
    'of %s is never found, for it is switched or not known',
    (property) => {
      expect(kinds(rules(property), [0, 90_000, 0])).toEqual([])
    },
  )

  it('is none over a longer time', () => {
    expect(kinds(rules('temperature'), [18, 30], HOUR_MS)).toEqual([])
  })
})

describe('a stuck value', () => {
  const flat = (value: number, hours: number) => Array.from({ length: hours * 12 + 1 }, () => value)
  const step = HOUR_MS / 12

  it('is found once it is longer than plausible, and ends with the last equal reading', () => {
    const [open] = examineAll(rules('temperature'), values(flat(22, 24), step))
    expect(open).toMatchObject({ kind: 'stuck-value', fromMs: 0, toMs: null })
    const [ended] = examineAll(rules('temperature'), values([...flat(22, 30), 22.1], step))
    expect(ended).toMatchObject({ kind: 'stuck-value', fromMs: 0, toMs: 30 * HOUR_MS })
  })

  it('is none below that, and none across a gap', () => {
    expect(kinds(rules('temperature'), flat(22, 23), step)).toEqual([])
    const gap = [
      ...values(flat(22, 20), step),
      ...values(flat(22, 20), step).map((it) => ({ ...it, timeMs: it.timeMs + 25 * HOUR_MS })),
    ]
    expect(examineAll(rules('temperature'), gap)).toEqual([])
  })

  it.each([
    ['power', 0],
    ['illuminance', 0],
    ['co2', 400],
    ['humidity', 100],
    ['setpoint', 24],
    ['presence', 1],
    ['occupancy', 3],
    ['ventilation', 30],
    ['water', 12],
  ])('is none for %s at %d, where it may stay', (property, value) => {
    const kind = property === 'water' ? 'counter' : 'instant'
    expect(kinds(rules(property, { kind }), flat(value, 100), step)).toEqual([])
  })
})

describe('silence', () => {
  it('is longer than three steps and five minutes', () => {
    const of = rules('co2', { stepMs: 10 * MINUTE_MS })
    const gap = (minutes: number) => [
      { timeMs: 0, value: 500 },
      { timeMs: minutes * MINUTE_MS, value: 501 },
    ]
    expect(examineAll(of, gap(30))).toEqual([])
    expect(examineAll(of, gap(31))).toMatchObject([{ kind: 'silence', fromMs: 0, toMs: 31 * MINUTE_MS }])
    expect(examineAll(rules('co2', { stepMs: 1000 }), gap(5))).toEqual([])
    expect(examineAll(rules('co2'), gap(500))).toEqual([])
  })
})

describe('a clock', () => {
  const hear = (watch: ReturnType<typeof createClockWatch>, arrivedMs: number, timeMs: number) =>
    noteArrival(watch, { timeMs, arrivedMs, stepMs: MINUTE_MS })

  it('that is ahead is flagged with its first reading, until one is right', () => {
    const watch = createClockWatch()
    expect(hear(watch, DAY_MS, DAY_MS + HOUR_MS)).toMatchObject({
      kind: 'clock-skew',
      fromMs: DAY_MS + HOUR_MS,
      toMs: null,
    })
    expect(hear(watch, DAY_MS + MINUTE_MS, DAY_MS + HOUR_MS + MINUTE_MS)).toBeUndefined()
    expect(hear(watch, DAY_MS + 2 * MINUTE_MS, DAY_MS + 2 * MINUTE_MS)).toMatchObject({
      fromMs: DAY_MS + HOUR_MS,
      toMs: DAY_MS + HOUR_MS + MINUTE_MS,
    })
  })

  it('that is slow is flagged once every reading has come equally late for a while', () => {
    const watch = createClockWatch()
    const found = Array.from({ length: 20 }, (_, minute) =>
      hear(watch, DAY_MS + minute * MINUTE_MS, DAY_MS + minute * MINUTE_MS - 2 * HOUR_MS),
    )
    expect(found.filter((it) => it !== undefined)).toMatchObject([
      { kind: 'clock-skew', fromMs: DAY_MS - 2 * HOUR_MS, toMs: null },
    ])
  })

  it('is not blamed for a spool that empties, nor for an import', () => {
    const watch = createClockWatch()
    for (let at = 0; at < 600; at += 1) {
      expect(hear(watch, DAY_MS + at * 1000, DAY_MS - 10 * HOUR_MS + at * MINUTE_MS)).toBeUndefined()
    }
  })
})

describe('times that lie apart', () => {
  const blocksOf = (...spans: [number, number][]): Block[] => {
    const blocks: Block[] = []
    for (const [day, days] of spans) {
      for (let at = 0; at <= days * 24; at += 1) addTime(blocks, day * DAY_MS + at * HOUR_MS)
    }
    return blocks
  }
  const NOW_MS = 20_000 * DAY_MS

  it('are a day a year later, and weeks of another decade, in whatever order they came', () => {
    const spans: [number, number][] = [
      [18_627, 1],
      [15_379, 30],
      [18_260, 40],
    ]
    const found = apartBlocks(blocksOf(...spans), NOW_MS)
    expect(found.map(({ fromMs }) => fromMs / DAY_MS)).toEqual([15_379, 18_627])
    expect(apartBlocks(blocksOf(...spans.toReversed()), NOW_MS)).toEqual(found)
  })

  it('are none for a season, nor for a Datastream that comes back after months', () => {
    expect(apartBlocks(blocksOf([18_000, 60], [18_200, 50]), NOW_MS)).toEqual([])
    expect(apartBlocks(blocksOf([18_000, 60], [19_999, 1]), NOW_MS)).toEqual([])
  })
})

it('ranges stay few, ascending and apart, and cover all that was added', () => {
  const times = [50, 10, 30, 70, 90, 51, 1000, 20]
  const ranges = times.reduce<readonly { fromMs: number; toMs: number }[]>(
    (all, fromMs) => addRange(all, { fromMs, toMs: fromMs + 1 }),
    [],
  )
  expect(ranges.length).toBeLessThanOrEqual(4)
  for (const timeMs of times)
    expect(ranges.some((it) => it.fromMs <= timeMs && it.toMs >= timeMs + 1)).toBe(true)
  expect(ranges.every((it, at) => at === 0 || it.fromMs > (ranges[at - 1]?.toMs ?? 0))).toBe(true)
})
