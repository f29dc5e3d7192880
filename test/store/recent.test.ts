import fc from 'fast-check'
import { expect, it } from 'vitest'
import { loadRecent } from '../../store/embedded/recent.ts'
import type { Session } from '../../store/embedded/session.ts'
import { createOracle } from '../contracts/observationOracle.ts'
import { TEST_SCALE } from '../support/testScale.ts'

const MOST_MS = 20_000
const id = fc.constantFrom(1, 2, 3)
const timeMs = fc.integer({ min: 0, max: MOST_MS })
const range = fc
  .record({ datastreamId: id, fromMs: timeMs, lengthMs: timeMs })
  .map(({ lengthMs, ...it }) => ({
    ...it,
    toMs: it.fromMs + lengthMs,
  }))
/** Mostly runs that ascend, long enough to be cut, and single samples anywhere. */
const points = fc
  .record({
    datastreamId: id,
    firstMs: timeMs,
    stepMs: fc.integer({ min: 0, max: 3 }),
    count: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 3000 })),
    value: fc.integer(),
  })
  .map(({ datastreamId, firstMs, stepMs, count, value }) =>
    Array.from({ length: count }, (_, i) => ({
      datastreamId,
      timeMs: firstMs + i * stepMs,
      value: value + i,
    })),
  )
const step = fc.oneof(
  { weight: 4, arbitrary: fc.array(points, { maxLength: 3 }).map((runs) => ({ append: runs.flat() })) },
  { weight: 1, arbitrary: range.map((deleted) => ({ deleted })) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 3000 }).map((byMs) => ({ horizonByMs: byMs })) },
  { weight: 4, arbitrary: range.map((read) => ({ read })) },
)

/** What asks the tables gets the model's newest samples. */
const sessionOver = (oracle: ReturnType<typeof createOracle>): Session => {
  const unused = () => Promise.reject(new Error('not asked by this'))
  return {
    columns(sql) {
      const asked = /ds = (\d+)/.exec(sql)?.[1]
      const newest = [...oracle.latest(asked === undefined ? [1, 2, 3] : [Number(asked)])]
      return Promise.resolve([
        newest.map(([id]) => id),
        newest.map(([, { timeMs }]) => timeMs),
        newest.map(([, { value }]) => value),
      ])
    },
    number: () => Promise.resolve(0),
    run: unused,
    transaction: unused,
    close: () => undefined,
  }
}

it('answers from memory as the model does, or not at all, and keeps no more than it may', async () => {
  let answered = 0
  const property = fc.asyncProperty(
    fc.constantFrom(0, 10, 700, 4000, 1_000_000),
    fc.array(points, { maxLength: 2 }),
    fc.array(step, { minLength: 3, maxLength: 30 }),
    async (maxSamples, stored, steps) => {
      const oracle = createOracle()
      oracle.append(stored.flat())
      const session = sessionOver(oracle)
      const recent = await loadRecent(session, maxSamples)
      let horizonMs = 0
      for (const it of steps) {
        if ('append' in it) {
          const taken = it.append.filter(({ timeMs }) => timeMs >= horizonMs)
          oracle.append(taken)
          recent.take(taken)
          expect(recent.samples()).toBeLessThanOrEqual(Math.max(maxSamples, 6))
        } else if ('deleted' in it) {
          const { datastreamId } = it.deleted
          // Nothing is deleted before the horizon: this model drops no samples there, it only reads none.
          const fromMs = Math.max(it.deleted.fromMs, horizonMs)
          const range = { fromMs, toMs: Math.max(fromMs, it.deleted.toMs) }
          oracle.deleteRange({ datastreamId, ...range })
          await recent.deleted(session, datastreamId, range)
        } else if ('horizonByMs' in it) {
          horizonMs += it.horizonByMs
          recent.horizonMoved(horizonMs)
        } else {
          const { datastreamId, ...range } = it.read
          for (const limit of [1, 7, 100_000]) {
            const found = recent.read(datastreamId, range, limit)
            if (!found) continue
            answered += 1
            const fromMs = Math.max(range.fromMs, horizonMs)
            expect(found).toEqual(oracle.raw({ datastreamId, fromMs, toMs: range.toMs, limit }))
          }
        }
        for (const [id, newest] of oracle.latest([1, 2, 3])) expect(recent.newest(id)).toEqual(newest)
      }
    },
  )
  await fc.assert(property, { numRuns: Math.ceil(200 * TEST_SCALE) })
  expect(answered).toBeGreaterThan(0)
})

it('answers the newest of a long run, and leaves the rest to the file', async () => {
  const recent = await loadRecent(sessionOver(createOracle()), 1_000_000)
  recent.take(Array.from({ length: 8000 }, (_, i) => ({ datastreamId: 1, timeMs: 2 * i, value: i })))
  expect(recent.read(1, { fromMs: 15_996, toMs: 20_000 }, 10)).toEqual([
    { timeMs: 15_996, value: 7998 },
    { timeMs: 15_998, value: 7999 },
  ])
  expect(recent.read(1, { fromMs: 0, toMs: 20_000 }, 10)).toBeUndefined()
  // One that comes so late that placing it would cost more than a query: memory begins behind it.
  recent.take([{ datastreamId: 1, timeMs: 14_001, value: 1 }])
  expect(recent.read(1, { fromMs: 14_001, toMs: 20_000 }, 10)).toBeUndefined()
  expect(recent.read(1, { fromMs: 14_002, toMs: 20_000 }, 1)).toEqual([{ timeMs: 14_002, value: 7001 }])
  expect(recent.read(2, { fromMs: 0, toMs: 20_000 }, 10)).toEqual([])
})
