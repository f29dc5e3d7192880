import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { NadiError } from '../../city/errors.ts'

/** What a file may hold once it is unpacked: a small archive must not fill the disk. */
export const MAX_UNPACKED_BYTES = 16 * 1024 ** 3

const SAMPLE_BYTES = 256 * 1024

/** A file's bytes, unpacked when it is gzip (known by its first bytes, not by its name). */
export const unpacked = async (path: string): Promise<Readable> => {
  const packed = await isGzip(path)
  const file = createReadStream(path, { highWaterMark: 256 * 1024 })
  if (!packed) return file
  const gunzip = createGunzip({ chunkSize: 256 * 1024 })
  file.once('error', (error) => gunzip.destroy(error))
  gunzip.once('close', () => file.destroy())
  return file.pipe(gunzip)
}

/** The first records of a file as text, without their line ends; at most `count`, whatever length the file has. */
export const firstRecords = async (path: string, count: number): Promise<string[]> => {
  const parts: Uint8Array[] = []
  let length = 0
  const stream = await unpacked(path)
  try {
    for await (const chunk of stream) {
      if (!(chunk instanceof Uint8Array)) continue
      parts.push(chunk)
      length += chunk.length
      if (length >= SAMPLE_BYTES) break
    }
  } catch (cause) {
    throw unreadable(cause)
  } finally {
    stream.destroy()
  }
  const bytes = Buffer.concat(parts)
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw new NadiError('invalid-input', 'The file is UTF-16. Save it as CSV in UTF-8 and send it again.')
  }
  const lines = new TextDecoder('utf-8').decode(bytes).split(/\r\n|\n|\r/)
  const records = lines.filter((line) => line !== '').slice(0, count)
  if (records.length === 0) throw new NadiError('invalid-input', 'The file is empty.')
  return records
}

/** The error for a file that cannot be read to its end. */
export const unreadable = (cause: unknown): NadiError =>
  cause instanceof NadiError
    ? cause
    : new NadiError(
        'invalid-input',
        'The file cannot be read to its end: the gzip archive is damaged or was cut off. Send it again.',
        { cause },
      )

const isGzip = async (path: string): Promise<boolean> => {
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
  return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
}
