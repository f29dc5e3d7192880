import { randomFillSync } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs'

/**
 * A file of bytes that mean nothing, kept beside the spool: when the disk is full it is deleted, so that SQLite has
 * room to go on releasing rows.
 */
export interface Reserve {
  readonly held: boolean
  /** False when there was nothing to give up. */
  giveUp(): boolean
  /** Writes the file again when the disk has twice its room; true when it is there. */
  regain(): boolean
}

export const createReserve = (file: string, folder: string, bytes: number): Reserve => {
  let held = existsSync(file) && statSync(file).size === bytes

  const giveUp = (): boolean => {
    const had = existsSync(file)
    rmSync(file, { force: true })
    held = false
    return had
  }

  return {
    get held() {
      return held
    },
    giveUp,
    regain() {
      if (held) return true
      try {
        // Twice: it must not take the last free bytes, or it would be given up again at once.
        const { bavail, bsize } = statfsSync(folder)
        if (bavail * bsize < 2 * bytes) return false
        write(file, bytes)
        held = true
      } catch {
        giveUp()
      }
      return held
    },
  }
}

const CHUNK_BYTES = 256 * 1024

/** Random, for a file system may keep zeros without taking room for them. */
const write = (file: string, bytes: number): void => {
  const descriptor = openSync(file, 'w', 0o600)
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES)
    for (let left = bytes; left > 0; left -= CHUNK_BYTES) {
      const part = chunk.subarray(0, Math.min(left, CHUNK_BYTES))
      randomFillSync(part)
      if (writeSync(descriptor, part) < part.length) throw new Error('the disk is full')
    }
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
