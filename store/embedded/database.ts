import path from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { DuckDBInstance } from '@duckdb/node-api'
import { NadiError } from '../../city/errors.ts'
import { FILE, LAYOUT, SPILL_FOLDER, TABLES } from './names.ts'
import { createSession } from './session.ts'

/**
 * `checkpoint_threshold`: 16 MB gave the shortest longest stall of a commit (40 ms; 140 at 64 MB).
 * `preserve_insertion_order` stays on: compaction relies on sorted inserts.
 */
const SETTINGS = { threads: '2', checkpoint_threshold: '16MB' }

/**
 * Opens (or makes) the database file in `folder`, which is there. Only the main thread may: a second opening from a worker of the same
 * process is not refused by DuckDB and loses commits.
 */
export const openDatabase = async (folder: string, memoryLimit: string): Promise<DuckDBInstance> => {
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
    await prepare(instance, file)
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

const prepare = async (instance: DuckDBInstance, file: string): Promise<void> => {
  const connection = await instance.connect()
  try {
    const session = await createSession(connection)
    await session.run(TABLES)
    const layout = await session.number('select max(version) from layout')
    if (layout === undefined) await session.run(`insert into layout values (${LAYOUT})`)
    else if (layout > LAYOUT) {
      throw new NadiError(
        'store-unavailable',
        `${file} was written by a newer Nadi (layout ${layout}, this one knows ${LAYOUT}): update Nadi or use another NADI_DATA_DIR.`,
      )
    }
  } finally {
    connection.closeSync()
  }
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
