import { accessSync, constants, createWriteStream, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Command } from '@commander-js/extra-typings'
import { NadiError } from '../city/errors.ts'
import { checkBackup } from '../launch/backup/archive.ts'
import { connectCity, problemOf } from './city.ts'
import { example, withCity } from './options.ts'
import { printJson, say } from './output.ts'
import { createProgress, type Progress } from './progress.ts'

/** `nadi backup`: the whole running city in one file. */
export const register = (program: Command): void => {
  withCity(program.command('backup').argument('<file>', 'where to write the archive'))
    .description('Writes the whole running city into one file (it holds secrets: mode 600)')
    .option('--force', 'replace a file of that name')
    .addHelpText('after', example('npx nadi backup /mnt/backups/nadi-2026-11-24.tar'))
    .action(async (file, { force, json, ...at }) => {
      if (existsSync(file) && force !== true) {
        throw new NadiError('conflict', `${file} is there already. Choose another name, or add --force.`)
      }
      requireFolder(path.dirname(path.resolve(file)))
      const progress = await createProgress()
      const partial = `${file}.partial`
      try {
        await receive(connectCity(at), partial, progress)
        const bytes = statSync(partial).size
        const { header, manifest } = await checkBackup(partial, (read) =>
          progress.update(`checking: ${Math.round((100 * read) / bytes)} %`),
        )
        renameSync(partial, file)
        await syncFolderOf(file)
        progress.done(
          `Backed up ${manifest.points} observations and ${manifest.files.length} files in ${megabytes(bytes)} to ${file}.`,
        )
        if (json) {
          printJson({
            file,
            bytes,
            createdAt: header.createdAt,
            files: manifest.files.length,
            points: manifest.points,
          })
        } else say('It holds the secrets of the city: keep it where nobody else reads it.')
      } catch (error) {
        rmSync(partial, { force: true })
        progress.failed('The backup failed; nothing is left of it.')
        throw error
      }
    })
}

/** Asked before the city is: it would copy everything for nothing. */
const requireFolder = (folder: string): void => {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new NadiError('invalid-input', `The folder ${folder} does not exist. Make it, or name another.`)
  }
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new NadiError('invalid-input', `Nothing can be written into ${folder}. Name another folder.`, {
      cause,
    })
  }
}

const receive = async (
  city: ReturnType<typeof connectCity>,
  partial: string,
  progress: Progress,
): Promise<void> => {
  progress.update('asking the city')
  // One that was there already would keep its own mode.
  rmSync(partial, { force: true })
  const response = await city.fetch('/v1/backups', { method: 'POST' })
  if (!response.ok || !response.body) throw await problemOf(response)
  let bytes = 0
  try {
    await pipeline(
      Readable.fromWeb(response.body),
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          bytes += chunk.length
          progress.update(`received ${megabytes(bytes)}`)
          yield chunk
        }
      },
      createWriteStream(partial, { mode: 0o600, flags: 'wx', flush: true }),
    )
  } catch (cause) {
    throw new NadiError(
      'internal',
      `The backup ended early, after ${megabytes(bytes)}: ${reasonOf(cause)}. The city's log has more; is there room for ${partial}?`,
      { cause },
    )
  }
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

const syncFolderOf = async (file: string): Promise<void> => {
  await using handle = await open(path.dirname(path.resolve(file)))
  await handle.sync()
}
