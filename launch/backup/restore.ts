import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
} from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Logger } from 'pino'
import { NadiError } from '../../city/errors.ts'
import type { Config } from '../../config.ts'
import { openCatalogue } from '../../store/catalogue/open.ts'
import { createForecastStore } from '../../store/forecasts.ts'
import { createModelRegistry } from '../../analytics/registry/registry.ts'
import { createQualityStore } from '../../store/quality.ts'
import { dataFiles } from '../files.ts'
import { lockDataDir } from '../lock.ts'
import { type BackupContents, checkBackup, DATA, OBSERVATIONS, readBackup } from './archive.ts'
import { isLeftOut, sizeOf } from './contents.ts'
import { fillStore } from './fillStore.ts'
import { syncTree } from './syncTree.ts'

export interface RestoreOptions {
  /** The archive. */
  file: string
  dataDir: string
  settings: Pick<Config, 'store' | 'influxUrl'>
  /** Moves what is in the folder aside, into a folder inside it; nothing is ever deleted. */
  force: boolean
  log: Logger
  now: () => number
  onProgress: (text: string) => void
}

export interface Restored {
  dataDir: string
  /** When the backup was begun. */
  createdAt: string
  files: number
  points: number
  /** Where what was there before lies now. */
  movedAside: string | null
  /** What is wrong with the restored audit log; null when its chain is whole. */
  auditProblem: string | null
}

/**
 * Makes a data folder of a backup. The archive is held against its checksums from end to end before anything is
 * written; then everything is made ready in a folder of its own inside the data folder and moved to its place last, so
 * that a restore that is interrupted is seen by the next start and done again.
 *
 * Throws `invalid-input` for an archive that is damaged or too new, `conflict` for a folder that is in use or not empty,
 * `store-unavailable` for a full disk or databases of a newer version.
 */
export const restoreCity = async (options: RestoreOptions): Promise<Restored> => {
  const { file, dataDir, onProgress } = options
  const fileBytes = sizeOf(file)
  const share = (bytes: number): string => `${Math.round((100 * bytes) / Math.max(1, fileBytes))} %`
  await checkBackup(file, (bytes) => onProgress(`checking the archive: ${share(bytes)}`))
  requireEmpty(dataDir, options.force)
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  requireRoom(dataDir, fileBytes)
  using stack = new DisposableStack()
  stack.use(lockDataDir(dataDir))
  const staging = dataFiles(dataDir).restoring
  rmSync(staging, { recursive: true, force: true })
  let ready: Ready
  try {
    ready = await prepare(options, staging, (bytes) => onProgress(`unpacking: ${share(bytes)}`))
  } catch (error) {
    rmSync(staging, { recursive: true, force: true })
    throw error
  }
  await syncTree(path.join(staging, 'data'))
  const movedAside = options.force ? moveAside(dataDir, options.now()) : null
  for (const name of readdirSync(path.join(staging, 'data'))) {
    renameSync(path.join(staging, 'data', name), path.join(dataDir, name))
  }
  if (movedAside !== null) await syncFolder(movedAside)
  await syncFolder(dataDir)
  rmSync(staging, { recursive: true, force: true })
  const { header, manifest } = ready.contents
  return {
    dataDir,
    createdAt: header.createdAt,
    files: manifest.files.length,
    points: manifest.points,
    movedAside,
    auditProblem: ready.auditProblem,
  }
}

interface Ready {
  contents: BackupContents
  auditProblem: string | null
}

/** Makes everything ready below `staging/data`. */
const prepare = async (
  { file, settings, log, now, onProgress }: RestoreOptions,
  staging: string,
  onBytes: (bytes: number) => void,
): Promise<Ready> => {
  const observations: string[] = []
  const contents = await readBackup(
    file,
    async ({ path: name, content }) => {
      if (!name.startsWith(DATA) && !name.startsWith(OBSERVATIONS)) throw unknownPart(name)
      // Whoever made the archive put it there: a lock, say, that would be held in place of ours.
      if (name.startsWith(DATA) && isLeftOut(name.slice(DATA.length))) {
        for await (const _ of content);
        return
      }
      const to = path.join(staging, name)
      await mkdir(path.dirname(to), { recursive: true, mode: 0o700 })
      await pipeline(Readable.from(content), createWriteStream(to, { mode: 0o600, flush: true }))
      if (name.startsWith(OBSERVATIONS)) observations.push(to)
    },
    onBytes,
  )
  const files = dataFiles(path.join(staging, 'data'))
  createForecastStore({ file: files.forecasts }).close()
  createModelRegistry({ folder: files.models, now }).close()
  createQualityStore({ file: files.quality }).close()
  const catalogue = openCatalogue({ file: files.catalogue, log, now })
  try {
    const { problem } = await catalogue.audit.verify()
    const points = await fillStore({
      settings,
      files: observations.sort(),
      folder: files.observations,
      datastreamIds: catalogue.datastreams.list().map(({ id }) => id),
      log,
      onPoints: (points) => onProgress(`${points} of ${contents.manifest.points} observations`),
    })
    if (points !== contents.manifest.points) {
      throw new NadiError(
        'internal',
        `${points} observations were restored, and the backup says ${contents.manifest.points}. Nothing was put in place.`,
      )
    }
    catalogue.audit.record({
      actor: { kind: 'city', id: 'restore' },
      action: 'restore',
      subject: path.basename(file),
      detail: { createdAt: contents.header.createdAt, points },
    })
    return { contents, auditProblem: problem?.reason ?? null }
  } finally {
    catalogue.close()
  }
}

/** What may be in a folder that is as good as empty: leavings of a restore that was interrupted, and an old lock. */
const NOTHING = new Set(['.restoring', 'lock.json', 'lost+found'])

const inhabitants = (dataDir: string): string[] =>
  existsSync(dataDir)
    ? readdirSync(dataDir).filter((name) => !NOTHING.has(name) && !name.startsWith('before-restore-'))
    : []

const requireEmpty = (dataDir: string, force: boolean): void => {
  if (force || inhabitants(dataDir).length === 0) return
  throw new NadiError(
    'conflict',
    `${dataDir} is not empty. Name a new folder with --data-dir, or add --force: what is there is then moved aside, not deleted.`,
  )
}

const moveAside = (dataDir: string, nowMs: number): string | null => {
  const names = inhabitants(dataDir)
  if (names.length === 0) return null
  const aside = path.join(dataDir, `before-restore-${new Date(nowMs).toISOString().replaceAll(':', '-')}`)
  mkdirSync(aside, { mode: 0o700 })
  for (const name of names) renameSync(path.join(dataDir, name), path.join(aside, name))
  return aside
}

/** The unpacked files beside the store that is made of them. */
const ROOM_FOR_EACH_BYTE = 2.5
const RESERVE_BYTES = 128 * 1024 * 1024

const requireRoom = (dataDir: string, fileBytes: number): void => {
  const { bavail, bsize } = statfsSync(dataDir)
  const neededBytes = fileBytes * ROOM_FOR_EACH_BYTE + RESERVE_BYTES
  if (bavail * bsize >= neededBytes) return
  throw new NadiError(
    'store-unavailable',
    `Restoring needs ${Math.ceil(neededBytes / 1e6)} MB in ${dataDir}, and ${Math.floor((bavail * bsize) / 1e6)} MB are free. Make room, or name another folder with --data-dir.`,
  )
}

const syncFolder = async (folder: string): Promise<void> => {
  await using handle = await open(folder)
  await handle.sync()
}

const unknownPart = (name: string): NadiError =>
  new NadiError(
    'invalid-input',
    `The backup holds ${name}, which this Nadi does not know. Restore it with the version that wrote it.`,
  )
