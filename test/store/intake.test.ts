import fc from 'fast-check'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { NadiError } from '../../city/errors.ts'
import { createIntake, type CommittedReading } from '../../store/intake.ts'
import type { ObservationStore } from '../../store/observations.ts'
import { openObservations } from '../support/stores.ts'
import { silent, temporaryCatalogue } from './catalogueFixture.ts'

const reading = (datastream: string, timeMs: number, value: number) => ({ datastream, timeMs, value })

/** An intake over a real catalogue and a real store in one folder. */
const temporaryIntake = async (log = silent) => {
  const at = await temporaryCatalogue()
  const observations = await openObservations(at.folder, silent)
  return {
    at,
    observations,
    intake: createIntake({ catalogue: at.catalogue, observations, log }),
    latest: async (datastream: string) => {
      const id = at.catalogue.datastreams.find(datastream)?.id ?? 0
      return (await observations.latest([id])).get(id)
    },
    async [Symbol.asyncDispose]() {
      await observations.close()
      await at[Symbol.asyncDispose]()
    },
  }
}

describe('the intake', () => {
  it('stores readings of known and unknown Datastreams and marks the unknown ones undeclared', async () => {
    await using it = await temporaryIntake()
    it.at.catalogue.datastreams.declare({ path: 'library/co2', intervalSeconds: 60 })
    await it.intake.append([
      reading('library/co2', 1_000, 400),
      { ...reading('library/floor-1/noise', 1_000, 35), unit: 'dB' },
    ])
    expect(await it.latest('library/co2')).toEqual({ timeMs: 1_000, value: 400 })
    expect(await it.latest('library/floor-1/noise')).toEqual({ timeMs: 1_000, value: 35 })
    const { datastreams } = it.at.reopen()
    expect(datastreams.find('library/co2')?.undeclared).toBe(false)
    expect(datastreams.find('library/floor-1/noise')).toMatchObject({ undeclared: true, unit: 'dB' })
  })

  it('tells listeners what is durable, in the order of the calls', async () => {
    await using it = await temporaryIntake()
    const told: CommittedReading[] = []
    it.intake.onCommit((committed) => told.push(...committed))
    const calls = Array.from({ length: 200 }, (_, i) => [reading(`library/floor-${i % 7}/co2`, i, i)])
    await Promise.all(calls.map((call) => it.intake.append(call)))
    const { datastreams } = it.at.catalogue
    expect(told).toEqual(
      calls.flat().map((one) => ({ ...one, datastreamId: datastreams.find(one.datastream)?.id })),
    )
  })

  it('goes on when a listener fails, and says so in the log', async () => {
    const lines: string[] = []
    await using it = await temporaryIntake(pino({}, { write: (line: string) => void lines.push(line) }))
    const told: number[] = []
    it.intake.onCommit(() => {
      throw new Error('a broken listener')
    })
    it.intake.onCommit((committed) => told.push(committed.length))
    await it.intake.append([reading('library/co2', 1, 1)])
    expect(told).toEqual([1])
    expect(await it.latest('library/co2')).toEqual({ timeMs: 1, value: 1 })
    expect(lines.join('')).toContain('a broken listener')
  })

  it('stops telling a listener that has left, also one that leaves while it is told', async () => {
    await using it = await temporaryIntake()
    const told: string[] = []
    const leave = it.intake.onCommit(() => {
      told.push('once')
      leave()
    })
    it.intake.onCommit(() => told.push('always'))
    await it.intake.append([reading('library/co2', 1, 1)])
    await it.intake.append([reading('library/co2', 2, 1)])
    expect(told).toEqual(['once', 'always', 'always'])
  })

  it('tells nobody what the store did not commit, and gives its error on', async () => {
    await using at = await temporaryCatalogue()
    const failure = new NadiError('store-unavailable', 'the disk is full')
    const fullDisk = { append: () => Promise.reject(failure) } as unknown as ObservationStore
    const intake = createIntake({ catalogue: at.catalogue, observations: fullDisk, log: silent })
    const told: unknown[] = []
    intake.onCommit((committed) => told.push(committed))
    await expect(intake.append([reading('library/co2', 1, 1)])).rejects.toBe(failure)
    expect(told).toEqual([])
  })

  it('takes nothing of a batch in which a name is wrong', async () => {
    await using it = await temporaryIntake()
    await expect(
      it.intake.append([reading('library/co2', 1, 1), reading('Not A Name', 1, 1)]),
    ).rejects.toMatchObject({ code: 'invalid-input' })
    expect(it.at.catalogue.datastreams.list()).toEqual([])
    await it.intake.append([])
  })

  it('gives back from the store what any batches put in, the last value winning', async () => {
    await using it = await temporaryIntake()
    const one = fc.record({
      datastream: fc.constantFrom('a/co2', 'a/b/co2', 'b/energy'),
      timeMs: fc.nat(20),
      value: fc.integer({ min: -5, max: 5 }),
    })
    const expected = new Map<string, Map<number, number>>()
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(one, { maxLength: 5 }), { maxLength: 5 }), async (batches) => {
        await Promise.all(batches.map((batch) => it.intake.append(batch)))
        for (const { datastream, timeMs, value } of batches.flat()) {
          const samples = expected.get(datastream) ?? new Map<number, number>()
          expected.set(datastream, samples.set(timeMs, value))
        }
        for (const [datastream, samples] of expected) {
          const datastreamId = it.at.catalogue.datastreams.find(datastream)?.id ?? 0
          const stored = await it.observations.raw({ datastreamId, fromMs: 0, toMs: 100, limit: 100 })
          expect(stored.map(({ timeMs, value }) => [timeMs, value])).toEqual(
            [...samples].sort(([a], [b]) => a - b),
          )
        }
      }),
      { numRuns: 25 },
    )
  })
})
