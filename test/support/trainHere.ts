import type { ForecastModel } from '../../analytics/forecastModel.ts'
import type { WorkerTrainer } from '../../analytics/training/workerTrainer.ts'

/** Trains models of a test, which no worker knows, in this thread. */
export const trainHere =
  (kinds: Readonly<Record<string, ForecastModel>>): WorkerTrainer['train'] =>
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
