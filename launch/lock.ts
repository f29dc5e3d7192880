import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { NadiError } from '../city/errors.ts'
import { dataFiles } from './files.ts'
import { processIdentity } from './processIdentity.ts'

/** A process that was seen, with what proves later that a process of this id is still the same one. */
export interface SeenProcess {
  pid: number
  identity: string
}

/** The process in `file` if it still runs and is provably the one that was written there. */
export const stillRunning = (file: string): SeenProcess | undefined => {
  try {
    const seen: SeenProcess = JSON.parse(readFileSync(file, 'utf8'))
    const identity = processIdentity(seen.pid)
    return identity !== undefined && identity === seen.identity ? seen : undefined
  } catch {
    return undefined
  }
}

/** The city that runs on this data folder, if one does. */
export const runningCity = (dataDir: string): SeenProcess | undefined => stillRunning(dataFiles(dataDir).lock)

/**
 * Makes this process the owner of the data folder until the lock is disposed; one that a killed city left behind is
 * taken over. Throws `conflict` when another city runs on the folder.
 */
export const lockDataDir = (dataDir: string): Disposable => {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const { lock } = dataFiles(dataDir)
  const other = runningCity(dataDir)
  if (other) {
    throw new NadiError(
      'conflict',
      `A city runs on ${dataDir} already (process ${other.pid}). Stop it, or give this one a folder of its own with NADI_DATA_DIR.`,
    )
  }
  const self: SeenProcess = { pid: process.pid, identity: processIdentity(process.pid) ?? '' }
  rmSync(lock, { force: true })
  try {
    writeFileSync(lock, JSON.stringify(self), { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    throw new NadiError('conflict', `Another city is being started on ${dataDir} at this moment.`, { cause })
  }
  return { [Symbol.dispose]: () => rmSync(lock, { force: true }) }
}
