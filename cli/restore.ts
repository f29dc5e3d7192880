import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Command } from '@commander-js/extra-typings'
import { pino } from 'pino'
import { NadiError } from '../city/errors.ts'
import { restoreCity } from '../launch/backup/restore.ts'
import { example } from './options.ts'
import { printJson, say } from './output.ts'
import { createProgress } from './progress.ts'
import { readConfig } from './settings.ts'

/** `nadi restore`: a data folder from a backup, with no city running on it. */
export const register = (program: Command): void => {
  program
    .command('restore')
    .argument('<file>', 'an archive that "nadi backup" wrote')
    .description('Makes a data folder of a backup; no city may run on it')
    .option('--data-dir <folder>', 'where to (default: NADI_DATA_DIR)')
    .option('--force', 'also when there is something: it is moved aside, inside the folder')
    .option('--json', 'print one JSON document')
    .addHelpText('after', example('npx nadi restore /mnt/backups/nadi-2026-11-24.tar --data-dir ./restored'))
    .action(async (file, { dataDir, force, json }) => {
      if (!existsSync(file)) {
        throw new NadiError('invalid-input', `${file} cannot be read. Check its name.`)
      }
      const settings = readConfig()
      const progress = await createProgress()
      try {
        const restored = await restoreCity({
          file,
          dataDir: dataDir === undefined ? settings.dataDir : path.resolve(dataDir),
          settings,
          force: force === true,
          log: pino({ level: 'silent' }),
          now: Date.now,
          onProgress: (text) => progress.update(text),
        })
        progress.done(
          `Restored ${restored.points} observations and ${restored.files} files of ${restored.createdAt} into ${restored.dataDir}.`,
        )
        if (restored.movedAside !== null) say(`What was there lies in ${restored.movedAside}.`)
        if (restored.auditProblem !== null) say(`The audit log in it is broken: ${restored.auditProblem}.`)
        if (json) printJson(restored)
        else say(`Start it with: NADI_DATA_DIR=${restored.dataDir} npm start`)
      } catch (error) {
        progress.failed('Nothing was restored.')
        throw error
      }
    })
}
