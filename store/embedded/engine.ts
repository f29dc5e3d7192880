import type { DuckDBConnection } from '@duckdb/node-api'
import type { Logger } from 'pino'
import { createCompactor } from './compactor.ts'
import type { Compactor } from './compactor.ts'
import { openDatabase } from './database.ts'
import { createHotWriter } from './hotWriter.ts'
import type { HotWriter } from './hotWriter.ts'
import { createReaders } from './readers.ts'
import type { Readers } from './readers.ts'
import { loadRecent } from './recent.ts'
import type { Recent } from './recent.ts'
import { createSession } from './session.ts'
import type { Session } from './session.ts'

/** One opening of the database file with everything that works on it; after a fatal error it is replaced whole. */
export interface Engine {
  maintenance: Session
  recent: Recent
  compactor: Compactor
  writer: HotWriter
  readers: Readers
  /** False when the file was opened without the checkpoint that must come before the first commit. */
  settled: boolean
  /** Lets go of the file whatever fails, after a checkpoint where that is still possible; rejects with what failed. */
  close(): Promise<void>
}

export interface EngineOptions {
  folder: string
  log: Logger
  memoryLimit: string
  compactAtRows: number
  /** Most samples in memory. */
  recentSamples: number
  /** False on a full disk: the file is opened for reading, and `settled` stays false. */
  settle: boolean
}

/**
 * Opens the file, which replays its log. What the log holds may be in the page cache alone when an `fsync` failed
 * before, in this process or the one before it, and the kernel would never write it again; a commit that follows such
 * a gap would be lost with it. So the first thing is a checkpoint, which writes all of it anew into the file.
 */
export const openEngine = async (options: EngineOptions): Promise<Engine> => {
  const instance = await openDatabase(options.folder, options.memoryLimit)
  const connections: DuckDBConnection[] = []
  const connect = async (): Promise<DuckDBConnection> => {
    const connection = await instance.connect()
    connections.push(connection)
    return connection
  }
  // One that stayed open would hold the file, and a second opening beside it loses commits.
  const letGo = (): void => {
    for (const connection of connections) connection.closeSync()
    instance.closeSync()
  }
  try {
    return await build(connect, letGo, options)
  } catch (error) {
    letGo()
    throw error
  }
}

const build = async (
  connect: () => Promise<DuckDBConnection>,
  letGo: () => void,
  { log, compactAtRows, recentSamples, settle }: EngineOptions,
): Promise<Engine> => {
  const maintenance = await createSession(await connect())
  if (settle) await maintenance.run('checkpoint')
  const recent = await loadRecent(maintenance, recentSamples)
  const lastSeq = await maintenance.number('select max(seq) from hot')
  const hotRows = (await maintenance.number('select count(*)::double from hot')) ?? 0
  const compactor = createCompactor({ session: maintenance, log, compactAtRows, hotRows })
  const writer = createHotWriter(await connect(), lastSeq === undefined ? 0 : lastSeq + 1)
  const readers = await createReaders(connect)

  const close = async (): Promise<void> => {
    // Each in its turn, from the last one up, also after one that failed.
    await using stack = new AsyncDisposableStack()
    stack.defer(letGo)
    stack.defer(() =>
      maintenance.run('checkpoint').catch((error: unknown) => log.warn({ err: error }, 'checkpoint failed')),
    )
    stack.defer(() => writer.close())
    stack.defer(() => readers.close())
    stack.defer(() => compactor.close())
  }
  return { maintenance, recent, compactor, writer, readers, settled: settle, close }
}
