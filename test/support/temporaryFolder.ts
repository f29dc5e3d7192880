import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A new empty folder that is deleted at the end of the scope: `await using folder = await temporaryFolder()`. */
export const temporaryFolder = async (): Promise<AsyncDisposable & { path: string }> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'nadi-test-'))
  return {
    path: folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
