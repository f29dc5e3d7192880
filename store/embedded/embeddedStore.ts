import type { Logger } from 'pino'
import type { Point } from '../../city/observation.ts'
import { createGroupCommit } from '../groupCommit.ts'
import type { ObservationStore } from '../observations.ts'
import { checkPoints, wholeRange } from '../pointCheck.ts'
import { pointsRefused } from '../pointsRefused.ts'
import { createDropJob, tooOld } from '../retention.ts'
import type { Snapshot } from '../snapshot.ts'
import { readBuckets } from './bucketRead.ts'
import { ownFolder } from './database.ts'
import { deleteSamples } from './deletion.ts'
import { createDiskReserve, RESERVE_BYTES } from './diskReserve.ts'
import { openEngine } from './engine.ts'
import { createEngineKeeper, unavailable } from './engineKeeper.ts'
import { commitRows, isOutOfMemory } from './outOfMemory.ts'
import { readRaw } from './rawRead.ts'
import { dropSlice, moveHorizon, readAllowedHorizon, readHorizon } from './retention.ts'
import type { Session } from './session.ts'
import { writeSamples } from './snapshot.ts'

/** Most points in one commit: about 10 ms of work, so that small appends never wait long behind a large one. */
const MAX_COMMIT_POINTS = 20_000

/** Least time between two attempts to open a file that failed. */
const REOPEN_MS = 1000

export interface EmbeddedStoreOptions {
  /** Folder of the store's own; made when missing. */
  folder: string
  log: Logger
  /** DuckDB's `memory_limit`. */
  memoryLimit?: string
  /** Hot rows at which compaction starts in the background. */
  compactAtRows?: number
  /** Most samples in memory (`recent.ts`), of 16 bytes. */
  recentSamples?: number
  /** With less than this free on the folder's disk nothing is committed. */
  reserveBytes?: number
  /** Days that samples are kept (`retention.ts`); 0 = for ever. */
  rawDays?: number
  now?: () => number
}

export interface EmbeddedStore extends ObservationStore {
  /** Moves all hot rows into cold now and resolves when that is done. */
  compact(): Promise<void>
  /** Drops the samples that `rawDays` keeps no longer, now, and resolves when that is done. */
  drop(): Promise<void>
  /** Rows in the hot table, repeats included. */
  hotRows(): number
  snapshot: Snapshot
}

/**
 * The store in one DuckDB file: commits append to a small hot table, compaction moves it into a cold one sorted by
 * Datastream and time, an hourly rollup answers wide buckets (`names.ts` has the tables).
 *
 * Only the main thread may open it, and one process only. Reads run on libuv's pool: start the process with
 * `UV_THREADPOOL_SIZE=16`, or four long reads hold up commits. Throws `store-unavailable` when it cannot be opened.
 */
export const createEmbeddedStore = async ({
  folder,
  log,
  memoryLimit = '128MB',
  compactAtRows = 250_000,
  recentSamples = 250_000,
  reserveBytes = RESERVE_BYTES,
  rawDays = 0,
  now = Date.now,
}: EmbeddedStoreOptions): Promise<EmbeddedStore> => {
  await ownFolder(folder)
  const keeper = await createEngineKeeper({
    open: (settle) => openEngine({ folder, log, memoryLimit, compactAtRows, recentSamples, settle }),
    reserve: createDiskReserve({ folder, log, reserveBytes }),
    log,
    retryMs: REOPEN_MS,
  })
  let closing: Promise<void> | undefined
  const stopping = new AbortController()
  /** Appends refuse what is older. It moves before the horizon in the file does. */
  let refusedBeforeMs = await readHorizon((await keeper.readable()).maintenance)

  const commits = createGroupCommit<Point>({
    maxItems: MAX_COMMIT_POINTS,
    async commit(points) {
      const engine = await keeper.writable()
      try {
        await engine.compactor.makeRoom()
        await commitRows(engine, points)
      } catch (cause) {
        keeper.commitFailed(engine, cause)
        throw unavailable('The store could not commit: look at the disk and the log, then send again.', cause)
      }
      engine.compactor.added(points.length)
      engine.recent.take(points)
    },
  })

  const refuseWhenClosed = (): void => {
    if (closing) throw unavailable('The store is closed: start Nadi and send again.')
  }

  const read = async <T>(work: (session: Session, closing: AbortSignal) => Promise<T>): Promise<T> => {
    const engine = await keeper.readable()
    const ask = (): Promise<T> => engine.readers.read(work)
    try {
      // With all of DuckDB's memory to itself when there was not enough beside compaction.
      return await ask().catch((error: unknown) => {
        if (isOutOfMemory(error)) return engine.compactor.exclusively(ask)
        throw error
      })
    } catch (error) {
      keeper.noteError(engine, error)
      throw error
    }
  }

  const drop = async (): Promise<void> => {
    if (rawDays === 0) return
    const engine = await keeper.writable()
    const { compactor, maintenance } = engine
    try {
      const allowedMs = await compactor.exclusively(() => readAllowedHorizon(maintenance, { now, rawDays }))
      const horizonMs = await compactor.exclusively(() => readHorizon(maintenance))
      if (allowedMs > horizonMs) {
        // Appends wait in line, so those before were held against the old horizon and are committed before it moves.
        refusedBeforeMs = Math.max(refusedBeforeMs, allowedMs)
        await commits.exclusively(async () => {
          // Commits wait for it, about half a second once a day.
          await compactor.run()
          await compactor.exclusively(() => moveHorizon(maintenance, allowedMs))
          engine.recent.horizonMoved(allowedMs)
        })
        log.info({ horizon: new Date(allowedMs).toISOString() }, 'samples before it are dropped')
      }
      const dropBeforeMs = Math.max(allowedMs, horizonMs)
      while (
        !stopping.signal.aborted &&
        (await compactor.exclusively(() => dropSlice(maintenance, dropBeforeMs))) > 0
      );
    } catch (error) {
      keeper.noteError(engine, error)
      throw error
    }
  }
  const dropJob = rawDays > 0 ? createDropJob(drop, log) : undefined

  const close = async (): Promise<void> => {
    stopping.abort()
    await dropJob?.close()
    await commits.settled()
    await keeper.close()
  }

  return {
    async append(points) {
      refuseWhenClosed()
      checkPoints(points)
      const reasons = tooOld(points, refusedBeforeMs)
      if (!reasons) return commits.append(points)
      await commits.append(points.filter((_, i) => reasons[i] === undefined))
      throw pointsRefused(reasons)
    },
    async latest(datastreamIds) {
      refuseWhenClosed()
      const { recent } = await keeper.readable()
      return new Map(
        datastreamIds.flatMap((id) => {
          const sample = recent.newest(id)
          return sample ? [[id, sample] as const] : []
        }),
      )
    },
    async raw({ datastreamId, fromMs, toMs, limit }) {
      refuseWhenClosed()
      const range = wholeRange(fromMs, toMs)
      if (range.fromMs >= range.toMs || limit <= 0) return []
      const { recent } = await keeper.readable()
      return (
        recent.read(datastreamId, range, limit) ??
        read((session) => readRaw(session, datastreamId, range, limit))
      )
    },
    async buckets(query) {
      refuseWhenClosed()
      return read((session) => readBuckets(session, query))
    },
    async deleteRange({ datastreamId, fromMs, toMs }) {
      refuseWhenClosed()
      const range = wholeRange(fromMs, toMs)
      return commits.exclusively(async () => {
        const engine = await keeper.writable()
        const { compactor, maintenance, recent } = engine
        try {
          return await compactor.exclusively(async () => {
            const { keys, hotRows } = await deleteSamples(maintenance, datastreamId, range)
            compactor.removed(hotRows)
            if (keys > 0) {
              await recent.deleted(maintenance, datastreamId, range).catch((error: unknown) => {
                keeper.commitFailed(engine, error)
                throw error
              })
            }
            return keys
          })
        } catch (error) {
          keeper.noteError(engine, error)
          throw error
        }
      })
    },
    drop,
    compact: async () => (await keeper.writable()).compactor.run(),
    hotRows: () => keeper.hotRows(),
    async snapshot({ atMoment, ...options }) {
      refuseWhenClosed()
      await read(async (session, closing) => {
        // Between two commits; the transaction sees what is there when it asks first.
        const moment = commits.exclusively(async () => {
          if (closing.aborted) return
          await session.number('select count(*)::double from hot where ds < 0')
          if (!closing.aborted) atMoment()
        })
        // A commit before it may wait for the file to be opened anew, and that for this reader.
        await Promise.race([moment, abortOf(closing)])
        closing.throwIfAborted()
        await writeSamples(session, options)
      })
    },
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => (closing ??= close()),
  }
}

const abortOf = (signal: AbortSignal): Promise<void> => {
  if (signal.aborted) return Promise.resolve()
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve(), { once: true })
  return promise
}
