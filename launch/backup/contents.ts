import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'

/**
 * What of a data folder a backup keeps: everything but what is made anew at the next start, what only a running process
 * means something to, and passwords in the clear. A file that a later part of the city puts there is kept unless it
 * stands here.
 */
const LEFT_OUT: readonly RegExp[] = [
  /^(run|lock)\.json(\/|$)/,
  /^(children|scratch|\.restoring)(\/|$)/,
  // What a forced restore moved aside.
  /^before-restore-/,
  // In the backup as Parquet.
  /^observations(\/|$)/,
  // Passwords of demonstration agents: each gets a new one when its file is missing.
  /^secrets\/devices\//,
  // Configurations and spools of demonstration agents; only that the history was made is kept.
  /^edge\/(?!history\.json$)./,
  /(^|\/)node_modules\//,
  // A database is read through SQLite, its log included.
  /\.sqlite-(wal|shm|journal)$/,
  /\.(new|partial|tmp|sock)$/,
]

/** Whether a name below the data folder, a folder's with a slash at its end, has no place in a backup. */
export const isLeftOut = (below: string): boolean => LEFT_OUT.some((pattern) => pattern.test(below))

export interface Contents {
  /** SQLite databases, by their path below the data folder. */
  databases: string[]
  /** All other files. */
  files: string[]
  bytes: number
}

export const contentsOf = (dataDir: string): Contents => {
  const contents: Contents = { databases: [], files: [], bytes: 0 }
  const walk = (folder: string): void => {
    for (const entry of readdirSync(path.join(dataDir, folder), { withFileTypes: true })) {
      const below = path.posix.join(folder, entry.name)
      if (isLeftOut(entry.isDirectory() ? `${below}/` : below)) continue
      if (entry.isDirectory()) walk(below)
      else if (entry.isFile()) {
        contents[below.endsWith('.sqlite') ? 'databases' : 'files'].push(below)
        contents.bytes += sizeOf(path.join(dataDir, below))
      }
    }
  }
  walk('')
  return contents
}

/** 0 when it is gone by now. */
export const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0
