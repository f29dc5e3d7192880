import { accessSync, constants, statSync } from 'node:fs'
import path from 'node:path'
import { NadiError } from '../city/errors.ts'

/** Throws `invalid-input` where a file cannot be written: said before an hour of work, not after it. */
export const requireWritable = (file: string): void => {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found?.isDirectory()) throw refused(file, 'it is a folder')
  const folder = path.dirname(path.resolve(file))
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw refused(file, `there is no folder ${folder}`)
  try {
    accessSync(found ? file : folder, constants.W_OK)
  } catch (cause) {
    throw refused(file, 'this user may not', cause)
  }
}

const refused = (file: string, reason: string, cause?: unknown): NadiError =>
  new NadiError('invalid-input', `${file} cannot be written: ${reason}. Name another file.`, { cause })
