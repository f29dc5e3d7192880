import { copyFileSync, existsSync } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { DATA, OBSERVATIONS } from './archive.ts'
import { contentsOf } from './contents.ts'
import type { BackupParts } from './createBackup.ts'
import { pinDatabase, type PinnedDatabase } from './databaseCopy.ts'

/** A copy that will not change any more. */
export interface Staged {
  /** Its name in the archive. */
  path: string
  /** Where it lies. */
  file: string
  /** Observations in it. */
  points: number
}

/** Heads of the audit log must be those of the catalogue's copy, or younger ones would say that it was cut off. */
const WITH_THE_CATALOGUE = ['audit-anchors.jsonl', 'audit-anchors.jsonl.old']

/**
 * Copies a running city into `folder`, each part told of as soon as it is complete. All databases and the observations
 * are pinned at one moment, between two commits of observations: a Datastream that has observations in the copy is in
 * the catalogue's copy, and a quarantined pack is in one of the two. Other files are copied after that moment, so that
 * what a database names is there.
 */
export const stageCity = async (
  parts: BackupParts & { folder: string; signal: AbortSignal; onStaged: (staged: Staged) => void },
): Promise<void> => {
  const { dataDir, folder, signal, onStaged } = parts
  const pinned = new Map<string, PinnedDatabase>()
  const staged = (below: string): string => path.join(folder, 'data', below)
  const observations = path.join(folder, 'observations')
  await mkdir(observations, { recursive: true, mode: 0o700 })
  await mkdir(path.join(folder, 'data'), { recursive: true, mode: 0o700 })
  try {
    await parts.snapshot({
      folder: observations,
      signal,
      atMoment() {
        parts.catalogue.flush()
        for (const below of contentsOf(dataDir).databases)
          pinned.set(below, pinDatabase(path.join(dataDir, below)))
        for (const name of WITH_THE_CATALOGUE) {
          if (existsSync(path.join(dataDir, name))) copyFileSync(path.join(dataDir, name), staged(name))
        }
        return parts.catalogue.datastreams.list().map(({ id }) => id)
      },
      onFile: ({ path: file, points }) =>
        onStaged({ path: `${OBSERVATIONS}${path.basename(file)}`, file, points }),
    })
    for (const [below, database] of pinned) {
      signal.throwIfAborted()
      await mkdir(path.dirname(staged(below)), { recursive: true, mode: 0o700 })
      await database.writeTo(staged(below))
      database.close()
      onStaged({ path: `${DATA}${below}`, file: staged(below), points: 0 })
    }
    for (const below of contentsOf(dataDir).files) {
      signal.throwIfAborted()
      const early = WITH_THE_CATALOGUE.includes(below)
      if (early && !existsSync(staged(below))) continue
      if (!early && !(await copied(path.join(dataDir, below), staged(below)))) continue
      onStaged({ path: `${DATA}${below}`, file: staged(below), points: 0 })
    }
  } finally {
    for (const database of pinned.values()) database.close()
  }
}

/** False when it is gone by now. */
const copied = async (from: string, to: string): Promise<boolean> => {
  await mkdir(path.dirname(to), { recursive: true, mode: 0o700 })
  try {
    await copyFile(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}
