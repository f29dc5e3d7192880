import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import { rowCheck } from './rowCheck.ts'
import type { SpoolRow } from './spoolEngine.ts'

/**
 * Reads rows out of a damaged spool page by page, without asking SQLite, whose tree may be broken anywhere: each leaf
 * page says by itself what it holds (https://www.sqlite.org/fileformat2.html, sections 1.6, 2.1, 1.5 and 4.1). Only
 * rows whose checksum is right are taken. A released row may come back where the list of free pages is broken too;
 * to send it again changes nothing.
 */
export function* rowsOfDamaged(file: string): Generator<SpoolRow, void> {
  const log = framesOf(`${file}-wal`)
  const descriptor = openSync(file, 'r')
  try {
    const page = Buffer.alloc(PAGE_BYTES)
    const pages = Math.max(Math.ceil(fstatSync(descriptor).size / PAGE_BYTES), ...log.pages.keys())
    const read = (number: number): Buffer | undefined => {
      const at = log.pages.get(number)
      if (at !== undefined) return log.read(at, page)
      page.fill(0)
      return readSync(descriptor, page, 0, PAGE_BYTES, (number - 1) * PAGE_BYTES) > 0 ? page : undefined
    }
    const free = freePages(read, pages)
    for (let number = 2; number <= pages; number++) {
      if (free.has(number)) continue
      const bytes = read(number)
      if (bytes) yield* rowsOfLeaf(bytes)
    }
  } finally {
    closeSync(descriptor)
    log.close()
  }
}

/** The page size of SQLite since 2016, which the spool does not change. */
const PAGE_BYTES = 4096

/** Pages of the freelist (section 1.5) as far as it can be followed: they hold rows that were released. */
const freePages = (read: (page: number) => Buffer | undefined, pages: number): Set<number> => {
  const free = new Set<number>()
  const leaves: number[] = []
  let trunk = read(1)?.readUInt32BE(32) ?? 0
  while (trunk > 1 && trunk <= pages && !free.has(trunk)) {
    free.add(trunk)
    const bytes = read(trunk)
    if (!bytes) break
    const next = bytes.readUInt32BE(0)
    const count = Math.min(bytes.readUInt32BE(4), PAGE_BYTES / 4 - 2)
    for (let index = 0; index < count; index++) leaves.push(bytes.readUInt32BE(8 + 4 * index))
    trunk = next
  }
  for (const leaf of leaves) free.add(leaf)
  return free
}

interface Frames {
  /** Where the newest committed version of each page stands. */
  pages: ReadonlyMap<number, number>
  read(at: number, into: Buffer): Buffer | undefined
  close(): void
}

const FRAME_HEADER_BYTES = 24

/** The write-ahead log (section 4.1): frames of the current generation, up to the last commit. */
const framesOf = (file: string): Frames => {
  const pages = new Map<number, number>()
  if (!existsSync(file)) return { pages, read: () => undefined, close: () => undefined }
  const descriptor = openSync(file, 'r')
  const header = Buffer.alloc(32)
  readSync(descriptor, header, 0, 32, 0)
  const frame = Buffer.alloc(FRAME_HEADER_BYTES)
  const size = fstatSync(descriptor).size
  let pending: [number, number][] = []
  for (let at = 32; at + FRAME_HEADER_BYTES + PAGE_BYTES <= size; at += FRAME_HEADER_BYTES + PAGE_BYTES) {
    readSync(descriptor, frame, 0, FRAME_HEADER_BYTES, at)
    if (!frame.subarray(8, 16).equals(header.subarray(16, 24))) break
    pending.push([frame.readUInt32BE(0), at + FRAME_HEADER_BYTES])
    if (frame.readUInt32BE(4) === 0) continue
    for (const [page, start] of pending) pages.set(page, start)
    pending = []
  }
  return {
    pages,
    read: (at, into) => (readSync(descriptor, into, 0, PAGE_BYTES, at) === PAGE_BYTES ? into : undefined),
    close: () => closeSync(descriptor),
  }
}

const TABLE_LEAF = 0x0d

/** The rows of one leaf page of the table (section 1.6); none when it is something else. */
function* rowsOfLeaf(page: Buffer): Generator<SpoolRow, void> {
  if (page[0] !== TABLE_LEAF) return
  const cells = Math.min(page.readUInt16BE(3), (PAGE_BYTES - 8) / 2)
  for (let index = 0; index < cells; index++) {
    try {
      const row = rowOfCell(page, page.readUInt16BE(8 + 2 * index))
      if (row) yield row
    } catch (error) {
      // A cell that points beyond its page is damage as well.
      if (!(error instanceof RangeError)) throw error
    }
  }
}

/** One cell: payload size, rowid, then a record (section 2.1) of the six columns of `rows`. */
const rowOfCell = (page: Buffer, start: number): SpoolRow | undefined => {
  let at = start
  const varint = (): number => {
    let value = 0
    for (let bytes = 0; bytes < 9; bytes++) {
      const byte = page.readUInt8(at++)
      if (bytes === 8) return value * 256 + byte
      value = value * 128 + (byte & 0x7f)
      if (byte < 0x80) break
    }
    return value
  }
  varint()
  const id = varint()
  const headerStart = at
  const headerEnd = headerStart + varint()
  const types: number[] = []
  while (types.length <= COLUMNS) {
    if (at >= headerEnd) break
    types.push(varint())
  }
  if (types.length !== COLUMNS && types.length !== COLUMNS_BEFORE_CHECK) return undefined
  at = headerEnd
  const values = types.map((type) => {
    const [value, bytes] = columnValue(page, at, type)
    at += bytes
    return value
  })
  const [, datastream, timeMs, value, unit, check] = values
  if (typeof datastream !== 'string' || typeof timeMs !== 'number' || typeof value !== 'number') {
    return undefined
  }
  const row = { id, datastream, timeMs, value, ...(typeof unit === 'string' && { unit }) }
  return types.length === COLUMNS_BEFORE_CHECK || check === rowCheck(row) ? row : undefined
}

/** id (null: it is the rowid), datastream, timeMs, value, unit, checksum. */
const COLUMNS = 6
/** Rows of the first layout carry no checksum. */
const COLUMNS_BEFORE_CHECK = 5
const INTEGER_BYTES = [0, 1, 2, 3, 4, 6]

/** A value by its serial type, and its length. Throws `RangeError` outside the page. */
const columnValue = (page: Buffer, at: number, type: number): [string | number | null, number] => {
  if (type === 0) return [null, 0]
  if (type <= 5) {
    const bytes = INTEGER_BYTES[type] ?? 0
    return [page.readIntBE(at, bytes), bytes]
  }
  if (type === 6) return [Number(page.readBigInt64BE(at)), 8]
  if (type === 7) return [page.readDoubleBE(at), 8]
  if (type === 8 || type === 9) return [type - 8, 0]
  if (type < 13 || type % 2 === 0) return [null, 0]
  const length = (type - 13) / 2
  if (at + length > PAGE_BYTES) throw new RangeError('the text ends beyond its page')
  return [page.toString('utf8', at, at + length), length]
}
