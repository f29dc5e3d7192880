import { expect } from 'vitest'
import type { BucketRow } from '../../city/buckets.ts'
import type { Point } from '../../city/observation.ts'
import type { ObservationStore } from '../../store/observations.ts'
import { refusedReasons } from '../../store/pointsRefused.ts'
import type { createOracle } from './observationOracle.ts'
import { IDS, MINUTE, START, type Step } from './observationSteps.ts'

/** How a store under test is asked, and held against the model in memory. */

/** The least that the setting allows. */
export const RAW_DAYS = 31

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

/** Gives a fresh store; samples are kept for ever unless it says otherwise. */
export type OpenStore = (retention?: RetentionUnderTest) => Promise<StoreUnderTest>

/** A counter of minutes: the value is the number of the minute. */
export const pointAt = (minute: number): Point => ({
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

export const compare = async (
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
export const expectAlike = (actual: readonly BucketRow[], expected: readonly BucketRow[]): void => {
  const exact = (rows: readonly BucketRow[]) =>
    rows.map((row) => ({ ...row, sum: row.sum === null, mean: row.mean === null, measured: 0 }))
  expect(exact(actual)).toEqual(exact(expected))
  expected.forEach((row, i) => {
    expect(actual[i]?.measured).toBeCloseTo(row.measured, 9)
    if (row.sum !== null) expect(actual[i]?.sum).toBeCloseTo(row.sum, 6)
    if (row.mean !== null) expect(actual[i]?.mean).toBeCloseTo(row.mean, 6)
  })
}
