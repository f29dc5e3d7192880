import { open, readdir } from 'node:fs/promises'
import path from 'node:path'

/** Makes a folder with everything below it durable: each file, and each folder after what is in it. */
export const syncTree = async (folder: string): Promise<void> => {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const below = path.join(folder, entry.name)
    if (entry.isDirectory()) await syncTree(below)
    else if (entry.isFile()) await sync(below)
  }
  await sync(folder)
}

const sync = async (file: string): Promise<void> => {
  await using handle = await open(file)
  await handle.sync()
}
