import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { BucketQuery } from '../../store/observations.ts'
import { refusedReasons } from '../../store/pointsRefused.ts'
import { TEST_SCALE } from '../support/testScale.ts'
import { compare, pointAt, RAW_DAYS, type OpenStore } from './observationComparison.ts'
import { createOracle } from './observationOracle.ts'
import { DAY, HOUR, IDS, MINUTE, retainingStep, START } from './observationSteps.ts'

/** The part of the contract that speaks of samples that are dropped while their hourly sums stay. */
export const retentionContract = (open: OpenStore): void => {
  it('keeps the sums of hours whose samples it drops, as the model in memory does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(retainingStep, { minLength: 4, maxLength: 25 }), async (steps) => {
        await using subject = await open({ rawDays: RAW_DAYS })
        const oracle = createOracle()
        for (const each of steps) await compare(each, subject, oracle)
        // Whatever came before: all of it dropped, and read back.
        await compare({ do: 'drop', nowMs: START + 35 * DAY, value: 1 }, subject, oracle)
        const hourly = IDS.flatMap((datastreamId) =>
          (['instant', 'counter'] as const).map((kind) => ({
            datastreamId,
            kind,
            bucket: { unit: 'h', count: 1 } as const,
            timeZone: 'Asia/Makassar',
            fromMs: START,
            toMs: START + 6 * DAY,
          })),
        )
        await compare({ do: 'buckets', queries: hourly }, subject, oracle)
        expect(await subject.store().latest([...IDS, 99])).toEqual(oracle.latest([...IDS, 99]))
      }),
      { numRuns: Math.ceil(8 * TEST_SCALE), interruptAfterTimeLimit: 45_000 * TEST_SCALE },
    )
  })

  it('counts a counter on across the day from which samples are kept, and refuses what is older', async () => {
    await using subject = await open({ rawDays: RAW_DAYS })
    const quarters = Array.from({ length: 4 * 24 * 34 }, (_, quarter) => ({
      datastreamId: 1,
      timeMs: START + quarter * 15 * MINUTE,
      // It is set back once, on the first day.
      value: quarter < 50 ? 1000 + quarter : quarter,
    }))
    await subject.store().append(quarters)
    await subject.drop(START + 33 * DAY)
    const horizonMs = START + 2 * DAY
    const query = (bucket: BucketQuery['bucket'], fromMs: number, toMs: number): BucketQuery => ({
      datastreamId: 1,
      kind: 'counter',
      bucket,
      timeZone: 'UTC',
      fromMs,
      toMs,
      stepMs: 15 * MINUTE,
    })
    for (const move of [() => Promise.resolve(), () => subject.compact(), () => subject.reopen()]) {
      await move()
      const store = subject.store()
      const days = await store.buckets(query({ unit: 'd', count: 1 }, START, START + 4 * DAY))
      expect(days.map(({ sum, count, measured }) => [sum, count, measured])).toEqual([
        [expect.closeTo(95 + 50, 6), 96, expect.closeTo(1, 6)],
        ...Array.from({ length: 3 }, () => [expect.closeTo(96, 6), 96, expect.closeTo(1, 6)]),
      ])
      const narrow = await store.buckets(query({ unit: 'm', count: 15 }, horizonMs - HOUR, horizonMs + HOUR))
      expect(narrow.map(({ count, sum }) => [count, sum])).toEqual([
        [0, null],
        [0, null],
        [0, null],
        [0, expect.closeTo(1, 6)],
        ...Array.from({ length: 4 }, () => [1, expect.closeTo(1, 6)]),
      ])
      const samples = await store.raw({ datastreamId: 1, fromMs: 0, toMs: horizonMs + HOUR, limit: 100 })
      expect(samples.map(({ timeMs }) => timeMs - horizonMs)).toEqual(
        [0, 15, 30, 45].map((it) => it * MINUTE),
      )
      const late = [horizonMs - 1, horizonMs, START].map((timeMs) => ({
        datastreamId: 2,
        timeMs,
        value: 7,
      }))
      const error = await store.append(late).catch((error: unknown) => error)
      expect(refusedReasons(error)).toEqual(
        new Map([0, 2].map((at) => [at, expect.stringContaining('NADI_RAW_DAYS')])),
      )
      expect(await store.raw({ datastreamId: 2, fromMs: 0, toMs: 1e13, limit: 9 })).toHaveLength(1)
    }
  })

  it('drops nothing because of a clock that is far ahead, and nothing without a limit', async () => {
    await using subject = await open({ rawDays: RAW_DAYS })
    await subject.store().append([pointAt(0), pointAt(60)])
    await subject.drop(START + 5000 * DAY)
    expect(await subject.store().raw({ datastreamId: 1, fromMs: 0, toMs: 1e13, limit: 9 })).toHaveLength(2)
    await using unlimited = await open()
    await unlimited.store().append([pointAt(0), pointAt(1000 * 24 * 60)])
    await unlimited.drop(START + 1000 * DAY)
    expect(await unlimited.store().raw({ datastreamId: 1, fromMs: 0, toMs: 1e13, limit: 9 })).toHaveLength(2)
  })
}
