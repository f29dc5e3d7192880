import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { z } from 'zod'
import { NadiError } from '../../city/errors.ts'
import { damaged, isTar, readTar } from './tar.ts'

/**
 * What is in a backup: first `nadi-backup.json`, which says what it is; then `data/...`, files of the data folder, and
 * `observations/000001.parquet ...`; then `manifest.json` with the size and SHA-256 of each, and last `manifest.sha256`,
 * the SHA-256 of the texts of the first file and the manifest. An archive without its last entry is not whole.
 */
export const HEADER = 'nadi-backup.json'
export const MANIFEST = 'manifest.json'
export const SEAL = 'manifest.sha256'
export const DATA = 'data/'
export const OBSERVATIONS = 'observations/'

/** Raised when the archive's make-up changes; older ones are read for ever. */
export const FORMAT_VERSION = 1

const headerSchema = z.object({
  format: z.literal('nadi-backup'),
  version: z.number().int().min(1),
  createdAt: z.string(),
})

const manifestSchema = z.object({
  files: z.array(z.object({ path: z.string(), bytes: z.number().int(), sha256: z.string() })),
  /** Observations in all. */
  points: z.number().int(),
})

export type BackupHeader = z.infer<typeof headerSchema>
export type BackupManifest = z.infer<typeof manifestSchema>

export interface BackupContents {
  header: BackupHeader
  manifest: BackupManifest
}

/** A file of a backup while it is read. */
interface BackupFile {
  path: string
  bytes: number
  content: AsyncIterable<Buffer>
}

/**
 * Reads a backup from its first byte to its last and holds every file against its checksum. `onFile` gets each as it
 * comes and takes its content; what it did counts for nothing until this resolves. Throws `invalid-input` when the
 * archive is damaged, cut off, none, or of a version that this program does not know.
 */
export const readBackup = async (
  file: string,
  onFile: (file: BackupFile) => Promise<void>,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<BackupContents> => {
  let header: BackupHeader | undefined
  let manifest: BackupManifest | undefined
  let sealed = false
  const seal = createHash('sha256')
  const seen = new Map<string, { bytes: number; sha256: string }>()
  if (!(await isTar(file))) throw noBackup(file)
  for await (const entry of readTar(chunksOf(file, onBytes))) {
    if (sealed || seen.has(entry.path)) throw damaged(entry.path)
    if (!header) {
      const text = await textOf(entry)
      header = readHeader(entry.path, text, file)
      seal.update(text)
    } else if (manifest) {
      sealed = entry.path === SEAL && (await textOf(entry)) === sealText(seal)
      if (!sealed) throw damaged(entry.path)
    } else if (entry.path === MANIFEST) {
      const text = await textOf(entry)
      manifest = parsed(manifestSchema, text, MANIFEST)
      seal.update(text)
    } else {
      const hash = createHash('sha256')
      await onFile({ ...entry, content: hashed(entry.content, hash) })
      seen.set(entry.path, { bytes: entry.bytes, sha256: hash.digest('hex') })
    }
  }
  if (!header || !manifest || !sealed) throw damaged('its end')
  if (manifest.files.length !== seen.size) throw damaged(MANIFEST)
  for (const { path, bytes, sha256 } of manifest.files) {
    const found = seen.get(path)
    if (found?.bytes !== bytes || found.sha256 !== sha256) throw damaged(path)
  }
  return { header, manifest }
}

/** The text of the last entry. */
export const sealText = (hash: Hash): string => `${hash.digest('hex')}\n`

/** Reads a whole backup and keeps nothing of it. */
export const checkBackup = (file: string, onBytes?: (bytes: number) => void): Promise<BackupContents> =>
  readBackup(
    file,
    async ({ content }) => {
      for await (const _ of content);
    },
    onBytes,
  )

async function* chunksOf(file: string, onBytes: (bytes: number) => void): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    bytes += (chunk as Buffer).length
    onBytes(bytes)
    yield chunk as Buffer
  }
}

async function* hashed(content: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const part of content) {
    hash.update(part)
    yield part
  }
}

/** Texts of our own: more would not be one. */
const MAX_TEXT_BYTES = 64 * 1024 * 1024

const textOf = async ({ path, bytes, content }: BackupFile): Promise<string> => {
  if (bytes > MAX_TEXT_BYTES) throw damaged(path)
  return Buffer.concat(await Array.fromAsync(content)).toString('utf8')
}

const readHeader = (path: string, text: string, file: string): BackupHeader => {
  if (path !== HEADER) throw noBackup(file)
  const header = parsed(headerSchema, text, HEADER)
  if (header.version > FORMAT_VERSION) {
    throw new NadiError(
      'invalid-input',
      `${file} was written by a newer Nadi (backup version ${header.version}, this one knows ${FORMAT_VERSION}). Restore it with that version.`,
    )
  }
  return header
}

const noBackup = (file: string): NadiError =>
  new NadiError('invalid-input', `${file} is no backup of Nadi. Name a file that "nadi backup" wrote.`)

const parsed = <Shape extends z.ZodType>(schema: Shape, text: string, path: string): z.infer<Shape> => {
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    throw damaged(path)
  }
}
