import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BucketQuery } from '../../store/observations.ts'
import { TEST_SCALE } from '../support/testScale.ts'
import { compare, expectAlike, type OpenStore, pointAt } from './observationComparison.ts'
import { createOracle } from './observationOracle.ts'
import { retentionContract } from './observationRetention.ts'
import { DAY, HOUR, IDS, MINUTE, START, step } from './observationSteps.ts'

/** What every observation store must do. `open` gives a fresh one. */
export const observationStoreContract = (name: string, open: OpenStore): void => {
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

    retentionContract(open)

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
