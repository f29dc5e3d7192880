import { existsSync } from 'node:fs'

/** Of Debian's package `eatmydata`; the loader finds it by its name. */
const LIBRARY = 'libeatmydata.so'
const FOLDERS = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib']

/** The environment of a process whose `fsync` and `fdatasync` do nothing. Throws when this machine cannot make it. */
export const withoutFsync = (): Record<string, string> => {
  if (!FOLDERS.some((folder) => existsSync(`${folder}/${LIBRARY}`))) {
    throw new Error(`${LIBRARY} is missing: install Debian's package "eatmydata"`)
  }
  return { LD_PRELOAD: LIBRARY }
}
