import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FORECAST_MODELS } from '../../analytics/models/index.ts'
import { type WorkerTrainer, createWorkerTrainer } from '../../analytics/training/workerTrainer.ts'
import { madeUpOffice } from './madeUp.ts'

let trainer: WorkerTrainer

beforeAll(async () => {
  trainer = await createWorkerTrainer()
})

afterAll(() => trainer.close())

describe('training in a thread of its own', () => {
  it('gives the very model that training here would, holidays and all, while this thread goes on', async () => {
    const isHoliday = (localDay: number): boolean => localDay % 17 === 0
    const training = [madeUpOffice({ days: 80, isHoliday })]
    const steps: string[] = []
    const ended = new AbortController()
    const trained = trainer
      .train({ kind: 'network', training, seed: 2, onProgress: (_done, _total, what) => steps.push(what) })
      .finally(() => ended.abort())
    let turns = 0
    while (!ended.signal.aborted) {
      await setImmediate()
      turns += 1
    }
    const { content, version } = await trained
    expect(turns).toBeGreaterThan(1_000)
    expect(steps).toContain('network')
    const here = await FORECAST_MODELS['network']!.fit(training, { seed: 2 })
    expect(version).toBe(here.version)
    expect(content).toEqual(here.save())
  })

  it('says what the model says when data are too few', async () => {
    await expect(
      trainer.train({ kind: 'ridge', training: [madeUpOffice({ days: 4 })] }),
    ).rejects.toMatchObject({ name: 'NadiError', code: 'insufficient-data' })
  })

  it('ends at once when it is told to, and trains again afterwards', async () => {
    const abort = new AbortController()
    const training = [madeUpOffice({ days: 400 })]
    const trained = trainer.train({
      kind: 'network',
      training,
      signal: abort.signal,
      onProgress: () => abort.abort(),
    })
    await expect(trained).rejects.toMatchObject({ name: 'AbortError' })
    await expect(trainer.train({ kind: 'ridge', training })).resolves.toMatchObject({
      version: FORECAST_MODELS['ridge']?.version,
    })
  })
})
