import { MessageChannel } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { type ErrorCode, NadiError } from '../../city/errors.ts'
import type { HourlySeries } from '../series.ts'
import { toSent } from './sentSeries.ts'
import type { TrainResult, TrainTask } from './trainWorker.ts'

/**
 * Fits models in a thread of its own, one at a time, so that the thread that serves never waits for one. The thread and
 * its memory are gone soon after the last fit.
 */
export interface WorkerTrainer extends AsyncDisposable {
  /**
   * The bytes of the fitted model. Throws what the model's `fit` throws; an aborted signal ends the thread at once and
   * rejects with an `AbortError`.
   */
  train(request: TrainRequest): Promise<{ content: Uint8Array; version: string }>
  close(): Promise<void>
}

export interface TrainRequest {
  /** Name of the model, one of `FORECAST_MODELS`. */
  kind: string
  training: readonly HourlySeries[]
  /** A file of the same kind to start from. */
  from?: Uint8Array
  seed?: number
  signal?: AbortSignal
  onProgress?: (done: number, total: number, what: string) => void
}

const IDLE_MS = 10_000
const MAX_HEAP_MB = 1_500

export const createWorkerTrainer = async (): Promise<WorkerTrainer> => {
  const pool = new Piscina<TrainTask, TrainResult>({
    filename: new URL('trainWorker.ts', import.meta.url).href,
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: IDLE_MS,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  })
  const close = (): Promise<void> => pool.destroy()
  return {
    close,
    [Symbol.asyncDispose]: close,
    async train({ kind, training, from, seed, signal, onProgress }) {
      const { port1, port2 } = new MessageChannel()
      port1.on('message', (step: [number, number, string]) => onProgress?.(...step))
      // Progress alone keeps no process alive.
      port1.unref()
      try {
        const result = await pool.run(
          { kind, training: training.map(toSent), from, seed, progress: port2 },
          // Piscina's type of the list is another one than that of the thread's own ports.
          { transferList: [port2] as never, ...(signal && { signal }) },
        )
        if ('refused' in result) throw new NadiError(result.code as ErrorCode, result.refused)
        return result
      } finally {
        port1.close()
      }
    },
  }
}
