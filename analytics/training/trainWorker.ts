import type { MessagePort } from 'node:worker_threads'
import { FORECAST_MODELS } from '../models/index.ts'
import { type SentSeries, fromSent } from './sentSeries.ts'

/** What runs in the training thread: one fit, from series to the bytes of the fitted model. */
export interface TrainTask {
  kind: string
  training: readonly SentSeries[]
  from: Uint8Array | undefined
  seed: number | undefined
  progress: MessagePort
}

export type TrainResult =
  | { content: Uint8Array; version: string }
  /** Errors lose their class and code on the way between threads. */
  | { refused: string; code: string }

export default async ({ kind, training, from, seed, progress }: TrainTask): Promise<TrainResult> => {
  const model = FORECAST_MODELS[kind]
  if (!model) return { refused: `There is no model "${kind}".`, code: 'invalid-input' }
  try {
    const fitted = await model.fit(training.map(fromSent), {
      ...(seed !== undefined && { seed }),
      ...(from && { from: await model.load(from) }),
      onProgress: (done, total, what) => progress.postMessage([done, total, what], []),
    })
    return { content: fitted.save(), version: fitted.version }
  } catch (error) {
    if (error instanceof Error && 'code' in error) return { refused: error.message, code: String(error.code) }
    throw error
  } finally {
    progress.close()
  }
}
