import { pino } from 'pino'
import { createQualityJob } from '../../analytics/quality/job.ts'
import type { Finding } from '../../city/quality/finding.ts'
import type { Reading } from '../../city/observation.ts'
import type { Catalogue } from '../../store/catalogue/catalogue.ts'
import { openCatalogue } from '../../store/catalogue/open.ts'
import { createIntake, type Intake } from '../../store/intake.ts'
import type { ObservationStore } from '../../store/observations.ts'
import { createQualityStore, type QualityStore } from '../../store/quality.ts'
import { createOracle } from '../contracts/observationOracle.ts'

/** A city's readings in memory, and the job that watches them; the job can be ended and begun anew. */
export interface WatchedCity extends AsyncDisposable {
  catalogue: Catalogue
  intake: Intake
  quality: QualityStore
  clock: { nowMs: number }
  /** Resolves when the job has seen all. */
  idle(): Promise<void>
  /** Stops the job, cleanly or as a kill would, and starts another one. */
  restart(how?: 'clean' | 'killed', meanwhile?: () => Promise<void>): Promise<void>
  /** Lets every write of findings fail, as on a full disk, or no longer. */
  fail(isFailing: boolean): void
  /** How many changes were handed to the store at once, each time. */
  batches: number[]
  /** What was found of a Datastream, ascending, without clock faults and the words. */
  found(datastream: string): Omit<Finding, 'detail'>[]
}

const log = pino({ level: 'silent' })

export const watchedCity = async (
  nowMs: number,
  { mostWaiting }: { mostWaiting?: number } = {},
): Promise<WatchedCity> => {
  const clock = { nowMs }
  const catalogue = openCatalogue({ file: ':memory:', log, now: () => clock.nowMs })
  const oracle = createOracle()
  const observations: ObservationStore = {
    append: async (points) => oracle.append(points),
    latest: async (ids) => oracle.latest(ids),
    raw: async (query) => oracle.raw(query),
    buckets: async (query) => oracle.buckets(query),
    deleteRange: async (range) => oracle.deleteRange(range),
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  }
  const intake = createIntake({ catalogue, observations, log })
  const store = createQualityStore({ file: ':memory:' })
  let isFailing = false
  const batches: number[] = []
  const refuse = (): void => {
    if (isFailing) throw new Error('no space left on device')
  }
  const quality: QualityStore = {
    ...store,
    change(changes) {
      batches.push(changes.length)
      refuse()
      store.change(changes)
    },
    saveProgress(progress) {
      refuse()
      store.saveProgress(progress)
    },
  }
  /** Lets go of the store without a word: what a killed job does. */
  let reach = { quality, isCut: false }
  const begin = async () => {
    const mine = { quality, isCut: false }
    reach = mine
    const guarded = Object.fromEntries(
      Object.entries(quality).map(([name, method]) => [
        name,
        (...given: never[]) => {
          if (mine.isCut) throw new Error('killed')
          return (method as (...given: never[]) => unknown)(...given)
        },
      ]),
    ) as unknown as QualityStore
    const job = createQualityJob({
      catalogue,
      observations,
      intake,
      quality: guarded,
      log,
      now: () => clock.nowMs,
      tickMs: 1_000_000,
      ...(mostWaiting !== undefined && { mostWaiting }),
    })
    await job.start()
    return job
  }
  let job = await begin()
  return {
    catalogue,
    intake,
    quality,
    clock,
    idle: () => job.idle(),
    async restart(how = 'clean', meanwhile = async () => undefined) {
      if (how === 'killed') reach.isCut = true
      await job.close().catch(() => undefined)
      await meanwhile()
      job = await begin()
      await job.idle()
    },
    fail: (failing) => {
      isFailing = failing
    },
    batches,
    found(datastream) {
      const id = catalogue.datastreams.find(datastream)?.id ?? 0
      return quality
        .find({ datastreamIds: [id], limit: 10_000 })
        .filter(({ kind }) => kind !== 'clock-skew')
        .map(({ kind, fromMs, toMs, count }) => ({ kind, fromMs, toMs, count }))
        .sort((a, b) => a.fromMs - b.fromMs || (a.kind < b.kind ? -1 : 1))
    },
    async [Symbol.asyncDispose]() {
      await job.close()
      quality.close()
      catalogue.close()
    },
  }
}

/** Appends one reading a commit or several, in the given order. */
export const send = async (intake: Intake, ...readings: Reading[]): Promise<void> => intake.append(readings)
