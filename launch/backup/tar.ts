import { open } from 'node:fs/promises'
import { NadiError } from '../../city/errors.ts'

/**
 * The archive's container: POSIX ustar (IEEE Std 1003.1, pax: "ustar Interchange Format"), regular files only, so that
 * any `tar` shows what is in a backup. Read strictly: what is not exactly such a file is refused.
 */
const BLOCK = 512
const MAGIC = 'ustar'
const MAGIC_AT = 257
/** Most bytes that eleven octal digits can say. */
const MAX_BYTES = 8 ** 11 - 1

export interface TarEntry {
  path: string
  bytes: number
}

/** The block before a file's content. Throws `internal` for a name or size that the format cannot hold. */
export const tarHeader = ({ path, bytes }: TarEntry): Buffer => {
  const { prefix, name } = splitPath(path)
  if (bytes > MAX_BYTES) throw tooLarge(path)
  const block = Buffer.alloc(BLOCK)
  block.write(name, 0)
  block.write(octal(0o600, 7), 100)
  block.write(octal(0, 7), 108)
  block.write(octal(0, 7), 116)
  block.write(octal(bytes, 11), 124)
  block.write(octal(0, 11), 136)
  block.write('0', 156)
  block.write(`${MAGIC}\u000000`, MAGIC_AT)
  block.write(prefix, 345)
  block.write(`${octal(checksumOf(block), 6)}\u0000 `, 148)
  return block
}

/** What fills the last block after a content of so many bytes. */
export const tarPadding = (bytes: number): Buffer => Buffer.alloc((BLOCK - (bytes % BLOCK)) % BLOCK)

/** What ends an archive. */
export const TAR_END = Buffer.alloc(2 * BLOCK)

/** Whether a file says at its place that it is such an archive, whole or not; a text says something else there. */
export const isTar = async (file: string): Promise<boolean> => {
  await using handle = await open(file)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, MAGIC_AT)
  return buffer.toString('latin1', 0, bytesRead) === MAGIC
}

/**
 * Reads an archive from its chunks: each entry once, its content to be taken before the next is asked for. Throws
 * `invalid-input` for anything else than a whole archive of regular files.
 */
export async function* readTar(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<TarEntry & { content: AsyncIterable<Buffer> }> {
  const source = createSource(chunks)
  for (;;) {
    const header = await source.take(BLOCK)
    if (isZero(header)) break
    const entry = parseHeader(header)
    let leftBytes = entry.bytes
    yield {
      ...entry,
      content: (async function* () {
        while (leftBytes > 0) {
          const part = await source.some(leftBytes)
          leftBytes -= part.length
          yield part
        }
      })(),
    }
    if (leftBytes > 0) throw new NadiError('internal', 'The content of an archive was not read whole.')
    if (!isZero(await source.take(tarPadding(entry.bytes).length))) throw damaged(entry.path)
  }
  if (!isZero(await source.take(BLOCK))) throw damaged('its end')
  // Other programs fill a whole record up with zeros.
  while (!(await source.isAtEnd())) if (!isZero(await source.some(BLOCK))) throw damaged('its end')
}

const parseHeader = (block: Buffer): TarEntry => {
  const text = (at: number, length: number): string =>
    block.toString('utf8', at, at + length).split('\u0000', 1)[0] ?? ''
  const number = (at: number, length: number): number => {
    const digits = text(at, length).trim()
    return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : NaN
  }
  const prefix = text(345, 155)
  const path = prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`
  const sound =
    block[154] === 0 &&
    block[155] === 0x20 &&
    number(148, 8) === checksumOf(block) &&
    text(MAGIC_AT, MAGIC.length) === MAGIC &&
    (block[156] === 0x30 || block[156] === 0)
  const bytes = number(124, 12)
  if (!sound || !Number.isSafeInteger(bytes) || !isSafePath(path))
    throw damaged(isSafePath(path) ? path : 'a name')
  return { path, bytes }
}

/** A relative path that leads nowhere but down. */
const isSafePath = (path: string): boolean =>
  path !== '' && !/[\p{Cc}\\]/u.test(path) && path.split('/').every((part) => !['', '.', '..'].includes(part))

/** The sum of all bytes, the checksum's own counted as blanks. */
const checksumOf = (block: Buffer): number => {
  let sum = 8 * 0x20
  for (let i = 0; i < BLOCK; i += 1) if (i < 148 || i >= 156) sum += block[i] ?? 0
  return sum
}

const splitPath = (path: string): { prefix: string; name: string } => {
  if (Buffer.byteLength(path) <= 100) return { prefix: '', name: path }
  for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
    const [prefix, name] = [path.slice(0, slash), path.slice(slash + 1)]
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(name) <= 100) return { prefix, name }
  }
  throw new NadiError('internal', `The name ${path} is too long for a backup. Shorten it.`)
}

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0')

const isZero = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0)

const tooLarge = (path: string): NadiError =>
  new NadiError('internal', `${path} is larger than 8 GiB, which a backup cannot hold.`)

/** The error for an archive that is not whole. */
export const damaged = (where: string): NadiError =>
  new NadiError(
    'invalid-input',
    `The backup is damaged or cut off (at ${where}): nothing was written. Take another copy of it, or an older backup.`,
  )

/** Takes bytes from chunks in the sizes that are wanted. */
const createSource = (chunks: AsyncIterable<Buffer>) => {
  const iterator = chunks[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)
  /** Between 1 and `most` bytes. */
  const some = async (most: number): Promise<Buffer> => {
    while (rest.length === 0) {
      const next = await iterator.next()
      if (next.done) throw damaged('its end')
      rest = next.value
    }
    const part = rest.subarray(0, most)
    rest = rest.subarray(part.length)
    return part
  }
  return {
    some,
    async take(bytes: number): Promise<Buffer> {
      const parts: Buffer[] = []
      for (let left = bytes; left > 0;) {
        const part = await some(left)
        parts.push(part)
        left -= part.length
      }
      return Buffer.concat(parts)
    },
    async isAtEnd(): Promise<boolean> {
      while (rest.length === 0) {
        const next = await iterator.next()
        if (next.done) return true
        rest = next.value
      }
      return false
    },
  }
}
