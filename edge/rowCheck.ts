import { crc32 } from 'node:zlib'
import type { SpoolRow } from './spoolEngine.ts'

/**
 * A checksum over everything that a row says. SQLite finds a broken page but not a flipped bit in a value: without
 * it, damage could send numbers that nobody measured.
 */
export const rowCheck = ({ id, datastream, timeMs, value, unit }: SpoolRow): number =>
  crc32(`${id} ${timeMs} ${value} ${unit ?? ''} ${datastream}`)
