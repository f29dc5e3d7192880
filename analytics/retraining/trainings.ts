import { randomUUID } from 'node:crypto'
import { NadiError } from '../../city/errors.ts'
import type { ForecastProperty } from '../../store/forecasts.ts'
import type { Retraining } from './retraining.ts'

/** A training that somebody asked for: how far it is, or what became of it. Forgotten with the process. */
export interface Training {
  id: string
  property: ForecastProperty
  /** A model of its own for each of them; null: one for all. */
  buildings: readonly string[] | null
  state: 'running' | 'done' | 'failed'
  progress: { done: number; total: number; what: string }
  /** The models that are there by now. */
  models: string[]
  /** Why it failed and what to do. */
  problem: string | null
}

export interface Trainings extends AsyncDisposable {
  /** Begins one and returns at once. Throws `conflict` while another runs. */
  start(request: Pick<Training, 'property' | 'buildings'>): Training
  find(id: string): Training | undefined
  /** Ends what runs. */
  close(): Promise<void>
}

/** Trainings one at a time, in the background. */
export const createTrainings = (retraining: Pick<Retraining, 'train'>): Trainings => {
  const all = new Map<string, Training>()
  const stop = new AbortController()
  let running: Promise<void> | undefined

  const run = async (training: Training): Promise<void> => {
    try {
      for (const building of training.buildings ?? [null]) {
        const { id } = await retraining.train({
          property: training.property,
          building,
          reason: 'Asked for.',
          signal: stop.signal,
          onProgress: (done, total, what) => (training.progress = { done, total, what }),
        })
        training.models.push(id)
      }
      training.state = 'done'
    } catch (error) {
      training.state = 'failed'
      training.problem = error instanceof Error ? error.message : String(error)
    } finally {
      running = undefined
    }
  }
  const close = async (): Promise<void> => {
    stop.abort()
    await running
  }

  return {
    start({ property, buildings }) {
      if (running) {
        throw new NadiError('conflict', 'A model is being trained already. Try again when it is done.')
      }
      const progress = { done: 0, total: 1, what: 'reading the past' }
      const id = randomUUID()
      const training: Training = {
        id,
        property,
        buildings,
        state: 'running',
        progress,
        models: [],
        problem: null,
      }
      all.set(id, training)
      for (const old of [...all.keys()].slice(0, -KEPT)) all.delete(old)
      running = run(training)
      return training
    },
    find: (id) => all.get(id),
    close,
    [Symbol.asyncDispose]: close,
  }
}

const KEPT = 20
