import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, statfsSync } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import type { Logger } from 'pino'
import { NadiError } from '../../city/errors.ts'
import type { Catalogue } from '../../store/catalogue/catalogue.ts'
import type { Snapshot } from '../../store/snapshot.ts'
import { type BackupManifest, FORMAT_VERSION, HEADER, MANIFEST, SEAL, sealText } from './archive.ts'
import { contentsOf, sizeOf } from './contents.ts'
import { stageCity, type Staged } from './stage.ts'
import { TAR_END, tarHeader, tarPadding } from './tar.ts'

export interface BackupParts {
  dataDir: string
  /** Where copies lie until they are sent. */
  scratchDir: string
  snapshot: Snapshot
  catalogue: Pick<Catalogue, 'datastreams' | 'flush'>
  log: Logger
  now: () => number
}

/**
 * Makes backups of a city that runs on. Everything that was acknowledged before one begins is inside: databases and
 * observations are those of one moment, copied from snapshots that hinder nobody who writes. The archive is sent as its
 * parts become ready; a reader that is slow makes nothing wait but itself.
 *
 * Throws `store-unavailable` when the disk has no room for the copies, and `rate-limited` while another is made.
 */
export const createBackupMaker = (parts: BackupParts): ((signal: AbortSignal) => AsyncIterable<Buffer>) => {
  let running = false
  const requireFree = (): void => {
    if (!running) return
    throw new NadiError('rate-limited', 'A backup is being made already. Try again when it has ended.')
  }
  return (signal) => {
    requireFree()
    requireRoom(parts)
    return (async function* () {
      // Only once it is read from: what nobody begins to read never ends either.
      requireFree()
      running = true
      try {
        yield* archive(parts, signal)
      } finally {
        running = false
      }
    })()
  }
}

async function* archive(parts: BackupParts, given: AbortSignal): AsyncGenerator<Buffer> {
  const folder = path.join(parts.scratchDir, `backup-${randomUUID()}`)
  const stop = new AbortController()
  const signal = AbortSignal.any([given, stop.signal])
  const ready = new PassThrough({ objectMode: true, highWaterMark: Number.MAX_SAFE_INTEGER })
  // Whoever reads it is told; when nobody does any more, nobody need be.
  ready.on('error', () => undefined)
  const manifest: BackupManifest = { files: [], points: 0 }
  const startedMs = performance.now()
  const staging = stageCity({ ...parts, folder, signal, onStaged: (staged) => ready.write(staged) }).then(
    () => ready.end(),
    (error: unknown) => ready.destroy(error instanceof Error ? error : new Error(String(error))),
  )
  try {
    const header = jsonText({
      format: 'nadi-backup',
      version: FORMAT_VERSION,
      createdAt: new Date(parts.now()).toISOString(),
    })
    yield textEntry(HEADER, header)
    for await (const staged of ready as AsyncIterable<Staged>) {
      yield* fileEntry(staged, manifest)
      await rm(staged.file, { force: true })
    }
    const listed = jsonText(manifest)
    yield textEntry(MANIFEST, listed)
    yield textEntry(SEAL, sealText(createHash('sha256').update(header).update(listed)))
    yield TAR_END
    parts.log.info(
      {
        files: manifest.files.length,
        points: manifest.points,
        seconds: (performance.now() - startedMs) / 1000,
      },
      'a backup was made',
    )
  } catch (error) {
    if (!given.aborted) parts.log.error({ err: error }, 'a backup could not be made')
    throw error
  } finally {
    stop.abort()
    await staging
    await rm(folder, { recursive: true, force: true })
  }
}

const jsonText = (document: unknown): string => `${JSON.stringify(document, null, 2)}\n`

const textEntry = (name: string, content: string): Buffer => {
  const text = Buffer.from(content)
  return Buffer.concat([tarHeader({ path: name, bytes: text.length }), text, tarPadding(text.length)])
}

async function* fileEntry(staged: Staged, manifest: BackupManifest): AsyncGenerator<Buffer> {
  const { size: bytes } = await stat(staged.file)
  const hash = createHash('sha256')
  yield tarHeader({ path: staged.path, bytes })
  for await (const chunk of createReadStream(staged.file, { highWaterMark: CHUNK_BYTES })) {
    hash.update(chunk as Buffer)
    yield chunk as Buffer
  }
  yield tarPadding(bytes)
  manifest.files.push({ path: staged.path, bytes, sha256: hash.digest('hex') })
  manifest.points += staged.points
}

const CHUNK_BYTES = 256 * 1024
/** What must stay free beside the copies. */
const RESERVE_BYTES = 128 * 1024 * 1024

/** The copies are no larger than what they are of; Parquet takes less than the store's own file. */
const requireRoom = ({ dataDir, scratchDir }: BackupParts): void => {
  const neededBytes =
    contentsOf(dataDir).bytes +
    sizeOf(path.join(dataDir, 'observations', 'observations.duckdb')) +
    RESERVE_BYTES
  const { bavail, bsize } = statfsSync(scratchDir)
  if (bavail * bsize >= neededBytes) return
  throw new NadiError(
    'store-unavailable',
    `A backup needs ${Math.ceil(neededBytes / 1e6)} MB on the disk of the data folder while it is made, and ${Math.floor((bavail * bsize) / 1e6)} MB are free. Make room, then try again.`,
  )
}
