import { mkdirSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createBackupMaker } from '../../launch/backup/createBackup.ts'
import { restoreCity, type RestoreOptions } from '../../launch/backup/restore.ts'
import { dataFiles } from '../../launch/files.ts'
import { openObservations } from '../../launch/observations.ts'
import { openCatalogue } from '../../store/catalogue/open.ts'
import { createForecastStore } from '../../store/forecasts.ts'
import { createIntake } from '../../store/intake.ts'
import { silent } from '../store/catalogueFixture.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

type Settings = RestoreOptions['settings'] & { rawDays?: number; now?: () => number }
const EMBEDDED: Settings = { store: 'embedded', influxUrl: undefined }

/** The kept parts of a city, open in this process: catalogue, observations and forecasts of a data folder. */
export const openKept = async (dataDir: string, settings: Settings = EMBEDDED) => {
  const stack = new AsyncDisposableStack()
  const files = dataFiles(dataDir)
  mkdirSync(files.scratch, { recursive: true })
  const catalogue = stack.adopt(openCatalogue({ file: files.catalogue, log: silent }), (it) => it.close())
  const observations = stack.use(
    await openObservations(
      { rawDays: 0, now: Date.now, ...settings },
      files,
      silent,
      AbortSignal.timeout(60_000),
    ),
  )
  const forecasts = stack.adopt(createForecastStore({ file: files.forecasts }), (it) => it.close())
  const intake = createIntake({ catalogue, observations, log: silent })
  const backup = createBackupMaker({
    dataDir,
    scratchDir: files.scratch,
    snapshot: observations.snapshot,
    catalogue,
    log: silent,
    now: Date.now,
  })
  return {
    dataDir,
    files,
    catalogue,
    observations,
    forecasts,
    intake,
    backup,
    /** Writes a backup to a file. */
    async backupTo(file: string) {
      await writeFile(file, backup(new AbortController().signal), { mode: 0o600 })
    },
    /** Every sample of every Datastream, by path. */
    async everything() {
      const all = new Map<string, { timeMs: number; value: number }[]>()
      for (const { id, path: name } of catalogue.datastreams.list()) {
        all.set(name, await observations.raw({ datastreamId: id, fromMs: 0, toMs: 8e15, limit: 1e9 }))
      }
      return all
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** A folder for data folders and archives. */
export const keptCity = async (settings: Settings = EMBEDDED) => {
  const folder = await temporaryFolder()
  const dataDir = path.join(folder.path, 'data')
  const city = await openKept(dataDir, settings)
  const keep = (name: string, text: string): void => {
    const file = path.join(dataDir, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text, { mode: 0o600 })
  }
  return {
    ...city,
    folder: folder.path,
    archive: path.join(folder.path, 'backup.tar'),
    keep,
    restore: (options: Partial<RestoreOptions> = {}) =>
      restoreCity({
        file: path.join(folder.path, 'backup.tar'),
        dataDir: path.join(folder.path, 'restored'),
        settings: EMBEDDED,
        force: false,
        log: silent,
        now: Date.now,
        onProgress: () => undefined,
        ...options,
      }),
    async [Symbol.asyncDispose]() {
      await city[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}
