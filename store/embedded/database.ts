import { chmod, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { DuckDBInstance } from '@duckdb/node-api'
import { NadiError } from '../../city/errors.ts'
import { FILE, LAYOUTS, SPILL_FOLDER } from './names.ts'
import { createSession } from './session.ts'

/**
 * `checkpoint_threshold`: 16 MB gave the shortest longest stall of a commit (40 ms; 140 at 64 MB).
 * `preserve_insertion_order` stays on: compaction relies on sorted inserts. More `threads` than the one that asks would
 * take a core from the main thread; compaction gets a second when it falls behind (`compactor.ts`).
 */
const SETTINGS = { threads: '1', checkpoint_threshold: '16MB' }

/**
 * Makes `folder`, or takes one that is there, for its owner alone (mode 700): DuckDB gives its files, which come and go,
 * the modes of the process.
 */
export const ownFolder = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
}

/**
 * Opens (or makes) the database file in `folder`, which is there. Only the main thread may: a second opening from a worker of the same
 * process is not refused by DuckDB and loses commits.
 */
export const openDatabase = async (
  folder: string,
  memoryLimit: string,
  layouts: readonly string[] = LAYOUTS,
): Promise<DuckDBInstance> => {
  if (!isMainThread) {
    throw new NadiError(
      'internal',
      'Only the main thread may open the store: send rows to workers by message.',
    )
  }
  const file = path.join(folder, FILE)
  let instance: DuckDBInstance
  try {
    instance = await DuckDBInstance.create(file, {
      ...SETTINGS,
      memory_limit: memoryLimit,
      temp_directory: path.join(folder, SPILL_FOLDER),
    })
  } catch (cause) {
    throw new NadiError(
      'store-unavailable',
      `Cannot open ${file}: ${firstLine(cause)} If another Nadi uses this folder, stop it or set NADI_DATA_DIR.`,
      { cause },
    )
  }
  try {
    await chmod(file, 0o600)
    await migrate(instance, file, layouts)
  } catch (cause) {
    instance.closeSync()
    if (cause instanceof NadiError) throw cause
    throw new NadiError(
      'store-unavailable',
      `${file} cannot be used: ${firstLine(cause)} Look at the disk, then start again.`,
      { cause },
    )
  }
  return instance
}

/** Brings the file to the newest layout, one step in one transaction: a step that is interrupted leaves the one before. */
const migrate = async (instance: DuckDBInstance, file: string, layouts: readonly string[]): Promise<void> => {
  const connection = await instance.connect()
  try {
    const session = await createSession(connection)
    await session.run('create table if not exists layout(version integer)')
    const current = (await session.number('select max(version) from layout')) ?? 0
    if (current > layouts.length) {
      throw new NadiError(
        'store-unavailable',
        `${file} was written by a newer Nadi (layout ${current}, this one knows ${layouts.length}): update Nadi or use another NADI_DATA_DIR.`,
      )
    }
    for (const [index, statements] of layouts.entries()) {
      if (index < current) continue
      await session.transaction(async () => {
        await session.run(statements)
        await session.run(`delete from layout; insert into layout values (${index + 1})`)
      })
    }
  } finally {
    connection.closeSync()
  }
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
