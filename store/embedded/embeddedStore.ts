import type { Logger } from 'pino'
import { NadiError } from '../../city/errors.ts'
import type { Point } from '../../city/observation.ts'
import { createGroupCommit } from '../groupCommit.ts'
import type { ObservationStore } from '../observations.ts'
import { checkPoints, wholeRange } from '../pointCheck.ts'
import { readBuckets } from './bucketRead.ts'
import { createCompactor } from './compactor.ts'
import { openDatabase } from './database.ts'
import { deleteSamples } from './deletion.ts'
import { createHotWriter } from './hotWriter.ts'
import { loadLatest } from './latest.ts'
import { readRaw } from './rawRead.ts'
import { createReaders } from './readers.ts'
import { createSession } from './session.ts'

/** Most points in one commit: about 10 ms of work, so that small appends never wait long behind a large one. */
const MAX_COMMIT_POINTS = 20_000

export interface EmbeddedStoreOptions {
  /** Folder of the store's own; made when missing. */
  folder: string
  log: Logger
  /** DuckDB's `memory_limit`. */
  memoryLimit?: string
  /** Hot rows at which compaction starts in the background. */
  compactAtRows?: number
}

export interface EmbeddedStore extends ObservationStore {
  /** Moves all hot rows into cold now and resolves when that is done. */
  compact(): Promise<void>
  /** Rows in the hot table, repeats included. */
  hotRows(): number
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
  memoryLimit = '1GB',
  compactAtRows = 250_000,
}: EmbeddedStoreOptions): Promise<EmbeddedStore> => {
  const instance = await openDatabase(folder, memoryLimit)
  const maintenance = await createSession(await instance.connect())
  const latest = await loadLatest(maintenance)
  const lastSeq = await maintenance.number('select max(seq) from hot')
  const firstSeq = lastSeq === undefined ? 0 : lastSeq + 1
  const hotRows = (await maintenance.number('select count(*)::double from hot')) ?? 0
  const compactor = createCompactor({ session: maintenance, log, compactAtRows, hotRows })
  const writer = await createHotWriter(instance, firstSeq)
  const readers = await createReaders(instance)
  let closing: Promise<void> | undefined

  const commits = createGroupCommit<Point>({
    maxItems: MAX_COMMIT_POINTS,
    async commit(points) {
      try {
        await compactor.makeRoom()
        await writer.commit(points)
      } catch (cause) {
        throw unavailable('The store could not commit: look at the disk and the log, then send again.', cause)
      }
      compactor.added(points.length)
      latest.take(points)
    },
  })

  const refuseWhenClosed = (): void => {
    if (closing) throw unavailable('The store is closed: start Nadi and send again.')
  }

  const close = async (): Promise<void> => {
    await commits.settled()
    await compactor.close()
    await readers.close()
    await writer.close()
    await maintenance
      .run('checkpoint')
      .catch((error: unknown) => log.warn({ err: error }, 'checkpoint failed'))
    maintenance.close()
    instance.closeSync()
  }

  return {
    async append(points) {
      refuseWhenClosed()
      checkPoints(points)
      await commits.append(points)
    },
    async latest(datastreamIds) {
      refuseWhenClosed()
      return new Map(
        datastreamIds.flatMap((id) => {
          const sample = latest.get(id)
          return sample ? [[id, sample] as const] : []
        }),
      )
    },
    async raw({ datastreamId, fromMs, toMs, limit }) {
      refuseWhenClosed()
      const range = wholeRange(fromMs, toMs)
      if (range.fromMs >= range.toMs || limit <= 0) return []
      return readers.read((session) => readRaw(session, datastreamId, range, limit))
    },
    async buckets(query) {
      refuseWhenClosed()
      return readers.read((session) => readBuckets(session, query))
    },
    async deleteRange({ datastreamId, fromMs, toMs }) {
      refuseWhenClosed()
      const range = wholeRange(fromMs, toMs)
      return commits.exclusively(() =>
        compactor.exclusively(async () => {
          const { keys, hotRows } = await deleteSamples(maintenance, datastreamId, range)
          compactor.removed(hotRows)
          if (keys > 0) await latest.reload(maintenance, datastreamId)
          return keys
        }),
      )
    },
    compact: () => compactor.run(),
    hotRows: () => compactor.hotRows(),
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => (closing ??= close()),
  }
}

const unavailable = (message: string, cause?: unknown): NadiError =>
  new NadiError('store-unavailable', message, { cause })
