import type { Command } from '@commander-js/extra-typings'
import { reportSettings } from '../config.ts'
import { example } from './options.ts'
import { printJson, printTable } from './output.ts'
import { loadEnvironmentFile } from './settings.ts'

/** `nadi config`: every setting with value, default and where it came from. Needs no city. */
export const register = (program: Command): void => {
  program
    .command('config')
    .description('Every setting with its value, its default and where the value came from')
    .option('--json', 'print one JSON document')
    .addHelpText('after', example('npx nadi config', 'NADI_HTTP_PORT=9000 npx nadi config --json'))
    .action(({ json }) => {
      const fromFile = loadEnvironmentFile()
      const settings = reportSettings(process.env).map((setting) => ({
        ...setting,
        source: fromFile.has(setting.name) && setting.source !== 'default' ? '.env' : setting.source,
      }))
      if (json) return printJson({ settings })
      printTable(
        ['setting', 'value', 'default', 'from'],
        settings.map(({ name, value, default: fallback, source }) => [
          name,
          value || '-',
          fallback || '-',
          source,
        ]),
      )
    })
}
