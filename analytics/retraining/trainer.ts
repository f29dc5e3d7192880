import type { ForecastModel } from '../forecastModel.ts'
import type { HourlySeries } from '../series.ts'

/** Fits a model somewhere, best where nobody waits for it, and gives back its file. */
export type Trainer = (request: TrainingRequest) => Promise<{ content: Uint8Array; version: string }>

export interface TrainingRequest {
  /** Name of the kind of model. */
  kind: string
  training: readonly HourlySeries[]
  /** A file of the same kind to start from. */
  from?: Uint8Array
  signal?: AbortSignal
  onProgress?: (done: number, total: number, what: string) => void
}

/** Trains in this thread. */
export const createTrainer =
  (kinds: Readonly<Record<string, ForecastModel>>): Trainer =>
  async ({ kind, training, from, signal, onProgress }) => {
    const model = kinds[kind]
    if (!model) throw new Error(`no kind of model is named ${kind}`)
    const fitted = await model.fit(training, {
      ...(from && { from: await model.load(from) }),
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    })
    return { content: fitted.save(), version: fitted.version }
  }
