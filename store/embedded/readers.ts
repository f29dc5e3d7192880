import type { DuckDBConnection } from '@duckdb/node-api'
import { NadiError } from '../../city/errors.ts'
import { createSession } from './session.ts'
import type { Session } from './session.ts'

/**
 * At most this many reads run at once, the rest wait in line: each takes a thread of libuv's pool while it runs, and
 * eight of them were measured to starve the writer. The composition root sets `UV_THREADPOOL_SIZE` to 16 besides.
 */
const MAX_READS = 4

export interface Readers {
  /**
   * Runs `work` on one snapshot: all its queries see the same state, whatever is committed or moved meanwhile. Throws
   * `store-unavailable` once closing has begun, and then aborts the signal: who waits for others must give up.
   */
  read<T>(work: (session: Session, closing: AbortSignal) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export const createReaders = async (connect: () => Promise<DuckDBConnection>): Promise<Readers> => {
  const idle: Session[] = []
  for (let i = 0; i < MAX_READS; i += 1) idle.push(await createSession(await connect()))
  const waiting: ((session: Session) => void)[] = []
  const closing = new AbortController()

  const acquire = (): Promise<Session> => {
    const session = idle.pop()
    if (session) return Promise.resolve(session)
    const { promise, resolve } = Promise.withResolvers<Session>()
    waiting.push(resolve)
    return promise
  }
  const release = (session: Session): void => {
    const next = waiting.shift()
    if (next) next(session)
    else idle.push(session)
  }

  return {
    async read(work) {
      if (closing.signal.aborted) throw beingClosed()
      const session = await acquire()
      try {
        return await session.transaction(() => work(session, closing.signal))
      } finally {
        release(session)
      }
    },
    async close() {
      closing.abort(beingClosed())
      for (let i = 0; i < MAX_READS; i += 1) (await acquire()).close()
    },
  }
}

const beingClosed = (): NadiError =>
  new NadiError('store-unavailable', 'The store is being closed: try again in a few seconds.')
