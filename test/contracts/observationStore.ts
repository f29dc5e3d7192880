import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BucketRow } from '../../city/buckets.ts'
import type { Point } from '../../city/observation.ts'
import type { BucketQuery, ObservationStore } from '../../store/observations.ts'
import { refusedReasons } from '../../store/pointsRefused.ts'
import { TEST_SCALE } from '../support/testScale.ts'
import { createOracle } from './observationOracle.ts'
import { DAY, HOUR, IDS, MINUTE, retainingStep, START, step } from './observationSteps.ts'
import type { Step } from './observationSteps.ts'

/** The least that the setting allows. */
const RAW_DAYS = 31

/** A fresh store of the kind under test, with what only a test does to it. */
export interface StoreUnderTest extends AsyncDisposable {
  store(): ObservationStore
  /** Closes and opens again on the same data. */
  reopen(): Promise<void>
  /** Moves whatever the implementation moves in the background, now. */
  compact(): Promise<void>
  /** Drops what is older than `rawDays` on this day. */
  drop(nowMs: number): Promise<void>
}

/** What the store under test is opened with: 0 = samples are kept for ever. */
export interface RetentionUnderTest {
  rawDays: number
}

/** What every observation store must do. `open` gives a fresh one. */
export const observationStoreContract = (
  name: string,
  open: (retention?: RetentionUnderTest) => Promise<StoreUnderTest>,
): void => {
  describe(`observation store: ${name}`, () => {
    it('answers any sequence of operations as the model in memory does', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
          await using subject = await open()
          const oracle = createOracle()
          for (const each of steps) await compare(each, subject, oracle)
          const all = await subject.store().latest([...IDS, 99])
          expect(all).toEqual(oracle.latest([...IDS, 99]))
        }),
        { numRuns: Math.ceil(12 * TEST_SCALE), interruptAfterTimeLimit: 45_000 * TEST_SCALE },
      )
    })

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
        const narrow = await store.buckets(
          query({ unit: 'm', count: 15 }, horizonMs - HOUR, horizonMs + HOUR),
        )
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
      expect(await unlimited.store().raw({ datastreamId: 1, fromMs: 0, toMs: 1e13, limit: 9 })).toHaveLength(
        2,
      )
    })

    it('gives the consumption of an hour as the difference of the readings at its ends', async () => {
      await using subject = await open()
      const register = [100, 101, 103, 106, 110, 115, 121, 128, 136]
      await subject.store().append(
        register.map((value, quarter) => ({
          datastreamId: 1,
          timeMs: START + quarter * 15 * MINUTE,
          value,
        })),
      )
      const query: BucketQuery = {
        datastreamId: 1,
        kind: 'counter',
        bucket: { unit: 'h', count: 1 },
        timeZone: 'Asia/Makassar',
        fromMs: START,
        toMs: START + 3 * HOUR,
      }
      for (const move of [() => Promise.resolve(), () => subject.compact()]) {
        await move()
        const rows = await subject.store().buckets(query)
        expect(rows.map(({ sum, measured, count }) => ({ sum, measured, count }))).toEqual([
          { sum: 10, measured: 1, count: 4 },
          { sum: 26, measured: 1, count: 4 },
          { sum: null, measured: 0, count: 1 },
        ])
      }
    })

    it('refuses what it could not keep and keeps the rest', async () => {
      await using subject = await open()
      const store = subject.store()
      const good = { datastreamId: 1, timeMs: START, value: 1 }
      const wrong = [
        { value: NaN },
        { value: Infinity },
        { timeMs: -1 },
        { timeMs: 0.5 },
        { datastreamId: -3 },
      ]
      const outcomes = await Promise.allSettled([
        store.append([good]),
        ...wrong.map((part) => store.append([{ ...good, ...part }])),
      ])
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', ...wrong.map(() => 'rejected')])
      await expect(store.append([{ ...good, value: NaN }])).rejects.toMatchObject({ code: 'invalid-input' })
      expect(await store.raw({ datastreamId: 1, fromMs: 0, toMs: 2 * START, limit: 10 })).toEqual([
        { timeMs: START, value: 1 },
      ])
    })

    it('gives exact answers to readers while it writes and compacts', async () => {
      await using subject = await open()
      const store = subject.store()
      const count = { sent: 0, stored: 0 }
      const batches = 30
      const batchSize = 300
      const writing = (async () => {
        for (let batch = 0; batch < batches; batch += 1) {
          const from = count.sent
          count.sent += batchSize
          const points = Array.from({ length: batchSize }, (_, i) => pointAt(from + i))
          // Every batch repeats some of what is there already.
          await store.append([
            ...points,
            ...points.slice(0, 20).map(({ timeMs }) => pointAt((timeMs - START) / MINUTE)),
          ])
          count.stored = count.sent
          if (batch % 4 === 3) await subject.compact()
        }
      })()
      const done = { yes: false }
      const reader = async (): Promise<number> => {
        let reads = 0
        while (!done.yes) {
          const before = count.stored
          const samples = await store.raw({
            datastreamId: 1,
            fromMs: START,
            toMs: START + 30 * DAY,
            limit: 1e6,
          })
          expect(samples.length).toBeGreaterThanOrEqual(before)
          expect(samples.length).toBeLessThanOrEqual(count.sent)
          expect(samples.every(({ timeMs, value }, i) => timeMs === START + i * MINUTE && value === i)).toBe(
            true,
          )
          const again = count.stored
          const rows = await store.buckets({
            datastreamId: 1,
            kind: 'counter',
            bucket: { unit: 'h', count: 1 },
            timeZone: 'Asia/Makassar',
            fromMs: START,
            toMs: START + 30 * DAY,
            stepMs: MINUTE,
          })
          const total = rows.reduce((sum, row) => sum + row.count, 0)
          expect(total).toBeGreaterThanOrEqual(again)
          expect(total).toBeLessThanOrEqual(count.sent)
          const consumed = rows.reduce((sum, row) => sum + (row.sum ?? 0), 0)
          if (total > 0) expect(consumed).toBeCloseTo(total - 1, 6)
          reads += 1
        }
        return reads
      }
      const readers = Promise.all([reader(), reader(), reader()])
      await writing.finally(() => (done.yes = true))
      for (const reads of await readers) expect(reads).toBeGreaterThan(0)
    })

    it('follows late data at every moment, while hours are summed up', async () => {
      await using subject = await open()
      const store = subject.store()
      const minutes = Array.from({ length: 20 * 60 }, (_, minute) => minute)
      const isLate = (minute: number): boolean => minute % 7 === 3
      await store.append(minutes.filter((minute) => !isLate(minute)).map(pointAt))
      await subject.compact()
      const late = minutes.filter(isLate)
      const present = minutes.length - late.length
      const count = { sent: 0, stored: 0 }
      const done = { yes: false }
      const hourly: BucketQuery = {
        datastreamId: 1,
        kind: 'instant',
        bucket: { unit: 'h', count: 1 },
        timeZone: 'UTC',
        fromMs: START,
        toMs: START + DAY,
        stepMs: MINUTE,
      }
      const reading = (async () => {
        while (!done.yes) {
          const before = count.stored
          const rows = await store.buckets(hourly)
          const total = rows.reduce((sum, row) => sum + row.count, 0)
          expect(total).toBeGreaterThanOrEqual(present + before)
          expect(total).toBeLessThanOrEqual(present + count.sent)
        }
      })()
      const compacting = (async () => {
        while (!done.yes) {
          await subject.compact()
          // With nothing to do it resolves at once: the loop must let others have a turn.
          await new Promise(setImmediate)
        }
      })()
      // From both ends, so that no hour is finished for long.
      const order = late.map((_, i) => late[i % 2 === 0 ? i / 2 : late.length - (i + 1) / 2] ?? 0)
      const writing = (async () => {
        for (const minute of order) {
          count.sent += 1
          await store.append([pointAt(minute)])
          count.stored = count.sent
        }
      })()
      await writing.finally(() => (done.yes = true))
      await Promise.all([reading, compacting])
      const oracle = createOracle()
      oracle.append(minutes.map(pointAt))
      for (const kind of ['instant', 'counter'] as const) {
        expectAlike(await store.buckets({ ...hourly, kind }), oracle.buckets({ ...hourly, kind }))
      }
      await store.deleteRange({ datastreamId: 1, fromMs: START + 2.5 * HOUR, toMs: START + 4 * HOUR })
      oracle.deleteRange({ datastreamId: 1, fromMs: START + 2.5 * HOUR, toMs: START + 4 * HOUR })
      for (const move of [() => Promise.resolve(), () => subject.compact(), () => subject.reopen()]) {
        await move()
        expectAlike(await subject.store().buckets(hourly), oracle.buckets(hourly))
      }
    })

    it('refuses to answer once closed, and closing twice is harmless', async () => {
      await using subject = await open()
      const store = subject.store()
      await store.close()
      await store.close()
      await expect(store.append([pointAt(0)])).rejects.toMatchObject({ code: 'store-unavailable' })
      await expect(store.latest([1])).rejects.toMatchObject({ code: 'store-unavailable' })
    })
  })
}

/** A counter of minutes: the value is the number of the minute. */
const pointAt = (minute: number): Point => ({
  datastreamId: 1,
  timeMs: START + minute * MINUTE,
  value: minute,
})

/** Appends, and expects that exactly what is older than the horizon is refused. */
const appendLate = async (
  store: ObservationStore,
  points: readonly Point[],
  horizonMs: number,
): Promise<void> => {
  const error = await store.append(points).then(
    () => undefined,
    (error: unknown) => error,
  )
  const old = points.flatMap(({ timeMs }, at) => (timeMs < horizonMs ? [at] : []))
  if (error !== undefined && !refusedReasons(error)) throw error
  expect([...(refusedReasons(error)?.keys() ?? [])]).toEqual(old)
}

const compare = async (
  step: Step,
  subject: StoreUnderTest,
  oracle: ReturnType<typeof createOracle>,
): Promise<void> => {
  const store = subject.store()
  switch (step.do) {
    case 'append':
      await Promise.all(step.batches.map((batch) => appendLate(store, batch, oracle.horizonMs())))
      for (const batch of step.batches) {
        oracle.append(batch.filter(({ timeMs }) => timeMs >= oracle.horizonMs()))
      }
      break
    case 'drop': {
      const reading = { datastreamId: 7, timeMs: step.nowMs, value: step.value }
      await appendLate(store, [reading], oracle.horizonMs())
      oracle.append([reading])
      await subject.drop(step.nowMs)
      oracle.drop(step.nowMs, RAW_DAYS)
      expect(await store.latest(IDS)).toEqual(oracle.latest(IDS))
      break
    }
    case 'deleteRange':
      expect(await store.deleteRange(step.range)).toBe(oracle.deleteRange(step.range))
      expect(await store.latest(IDS)).toEqual(oracle.latest(IDS))
      break
    case 'compact':
      await subject.compact()
      break
    case 'reopen':
      await subject.reopen()
      expect(await subject.store().latest(IDS)).toEqual(oracle.latest(IDS))
      break
    case 'raw':
      expect(await store.raw(step.query)).toEqual(oracle.raw(step.query))
      break
    case 'buckets': {
      const answers = await Promise.all(step.queries.map((query) => store.buckets(query)))
      answers.forEach((rows, i) => {
        const query = step.queries[i]
        if (query) expectAlike(rows, oracle.buckets(query))
      })
      break
    }
  }
}

/** Equal but for the order of additions: sums and what derives from them may differ in the last digits. */
const expectAlike = (actual: readonly BucketRow[], expected: readonly BucketRow[]): void => {
  const exact = (rows: readonly BucketRow[]) =>
    rows.map((row) => ({ ...row, sum: row.sum === null, mean: row.mean === null, measured: 0 }))
  expect(exact(actual)).toEqual(exact(expected))
  expected.forEach((row, i) => {
    expect(actual[i]?.measured).toBeCloseTo(row.measured, 9)
    if (row.sum !== null) expect(actual[i]?.sum).toBeCloseTo(row.sum, 6)
    if (row.mean !== null) expect(actual[i]?.mean).toBeCloseTo(row.mean, 6)
  })
}
