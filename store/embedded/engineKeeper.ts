import type { Logger } from 'pino'
import { NadiError } from '../../city/errors.ts'
import type { DiskReserve } from './diskReserve.ts'
import type { Engine } from './engine.ts'

/**
 * Holds the one opening of the database file. DuckDB refuses everything, reads included, after a write or an `fsync`
 * that failed; a commit that failed may be in its log or not. Then the keeper closes the file and opens it anew, when
 * next someone asks and not more than once a second, so that a store recovers without a restart of the process.
 */
export interface EngineKeeper {
  /** For reading. Throws `store-unavailable` while the file cannot be opened. */
  readable(): Promise<Engine>
  /** For writing. Throws `store-unavailable` also while the disk has less than its reserve. */
  writable(): Promise<Engine>
  /** Tells that a commit on this engine failed, whatever the error. */
  commitFailed(engine: Engine, error: unknown): void
  /** Tells of any other error; only a fatal one counts. */
  noteError(engine: Engine, error: unknown): void
  hotRows(): number
  close(): Promise<void>
}

export interface EngineKeeperOptions {
  /** Opens the file; never called while an engine before it is open. */
  open: (settle: boolean) => Promise<Engine>
  reserve: DiskReserve
  log: Logger
  /** Least milliseconds from one attempt to open to the next. */
  retryMs: number
}

/** Opens the file. Throws `store-unavailable` when it cannot be opened. */
export const createEngineKeeper = async (options: EngineKeeperOptions): Promise<EngineKeeper> => {
  const { open, reserve, log, retryMs } = options
  let engine: Engine | undefined = await open(reserve.hasRoom())
  let broken = false
  let hotRows = engine.compactor.hotRows()
  let opening: Promise<Engine> | undefined
  let triedMs = -Infinity

  const breakDown = (failed: Engine, error: unknown): void => {
    if (failed !== engine || broken) return
    broken = true
    log.error(
      { err: error },
      'the store failed: it is closed and opened anew before anything is acknowledged',
    )
  }

  const openAnew = async (): Promise<Engine> => {
    const old = engine
    engine = undefined
    if (old) hotRows = old.compactor.hotRows()
    try {
      await old?.close()
    } catch (err) {
      log.warn({ err }, 'the store that failed did not close in order; it is opened anew all the same')
    }
    try {
      engine = await open(reserve.hasRoom())
    } catch (cause) {
      log.error({ err: cause }, 'the store could not be opened again; it is tried when someone asks')
      throw unavailable('The store cannot be opened: look at the disk and the log, then try again.', cause)
    }
    if (broken) log.info('the store is open again')
    broken = false
    return engine
  }

  const reopen = (): Promise<Engine> => {
    if (opening) return opening
    if (performance.now() - triedMs < retryMs) {
      return Promise.reject(unavailable('The store is being opened again: try again in a few seconds.'))
    }
    triedMs = performance.now()
    opening = openAnew().finally(() => {
      opening = undefined
    })
    return opening
  }

  const readable = (): Promise<Engine> => (engine && !broken && !opening ? Promise.resolve(engine) : reopen())

  return {
    readable,
    async writable() {
      if (!reserve.hasRoom()) {
        throw unavailable('The disk is nearly full: make room, then send again. Nothing of this was stored.')
      }
      const current = await readable()
      return current.settled ? current : reopen()
    },
    commitFailed: breakDown,
    noteError(failed, error) {
      if (isFatal(error)) breakDown(failed, error)
    },
    hotRows: () => engine?.compactor.hotRows() ?? hotRows,
    async close() {
      await opening?.catch(() => undefined)
      const last = engine
      engine = undefined
      await last?.close()
    },
  }
}

/** DuckDB's errors have no class or code in JavaScript; these are the beginnings and words of its fatal ones. */
const isFatal = (error: unknown): boolean =>
  error instanceof Error && /FATAL Error|database has been invalidated/.test(error.message)

export const unavailable = (message: string, cause?: unknown): NadiError =>
  new NadiError('store-unavailable', message, { cause })
