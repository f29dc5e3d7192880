import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import path from 'node:path'
import { NadiError } from '../../city/errors.ts'

/** Files of models: written once, whole and on the disk before they are named, never changed. */
export interface ModelFiles {
  /** Durable when it returns. */
  write(id: string, content: Uint8Array): void
  /** Throws `damaged-model` when it is gone or is not what was written. */
  read(id: string, sha256: string): Uint8Array
}

export const sha256Of = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

export const createModelFiles = (folder: string): ModelFiles => {
  const fileOf = (id: string): string => path.join(folder, `${id}.nadi`)
  return {
    write(id, content) {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const partial = `${fileOf(id)}.partial`
      const file = openSync(partial, 'w', 0o600)
      try {
        writeSync(file, content)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      renameSync(partial, fileOf(id))
      const directory = openSync(folder, 'r')
      fsyncSync(directory)
      closeSync(directory)
    },
    read(id, sha256) {
      let content: Uint8Array
      try {
        content = readFileSync(fileOf(id))
      } catch (cause) {
        throw new NadiError('damaged-model', `The file of model ${id} cannot be read. ${WHAT_TO_DO}`, {
          cause,
        })
      }
      if (sha256Of(content) === sha256) return content
      throw new NadiError(
        'damaged-model',
        `The file of model ${id} is not what was written: its checksum differs. ${WHAT_TO_DO}`,
      )
    },
  }
}

const WHAT_TO_DO = 'Restore it from a backup, or train another with "npx nadi train".'
