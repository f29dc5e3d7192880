import { Command } from '@commander-js/extra-typings'
import type { Command as PlainCommand } from 'commander'
import { NadiError } from './city/errors.ts'

/**
 * `npx nadi COMMAND`: each command is one file in `cli/`, loaded only when it is asked for, so that an edge box that
 * has installed the edge alone can run `nadi edge`. Exit codes: 0 done, 1 failed, 2 wrong use.
 */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  import: { summary: 'loads a file of readings into the city', load: () => import('./cli/import.ts') },
  export: { summary: 'writes Datastreams as CSV or Parquet', load: () => import('./cli/export.ts') },
  label: { summary: 'periods marked as bad: add, list, remove', load: () => import('./cli/label.ts') },
  devices: {
    summary: 'who may publish: add, list, check, rotate, certificate, revoke',
    load: () => import('./cli/devices.ts'),
  },
  users: { summary: 'accounts of people: add, list, remove', load: () => import('./cli/users.ts') },
  keys: { summary: 'keys of machines: add, list, revoke', load: () => import('./cli/keys.ts') },
  quarantine: {
    summary: 'what could not be understood: list, retry, drop',
    load: () => import('./cli/quarantine.ts'),
  },
  train: { summary: 'trains a model, from the city or from a file', load: () => import('./cli/train.ts') },
  audit: { summary: 'who did what: list, verify, head', load: () => import('./cli/audit.ts') },
  forecast: { summary: 'shows the newest forecast of a building', load: () => import('./cli/forecast.ts') },
  backtest: {
    summary: "forecasts a file's past and says how good that was",
    load: () => import('./cli/backtest.ts'),
  },
  models: {
    summary: 'forecasting models: list, show, compare, promote, rollback, export',
    load: () => import('./cli/models.ts'),
  },
  backup: { summary: 'writes the whole running city into one file', load: () => import('./cli/backup.ts') },
  restore: { summary: 'makes a data folder of a backup', load: () => import('./cli/restore.ts') },
  edge: { summary: "runs one building's edge agent", load: () => import('./cli/edge.ts') },
  broker: { summary: 'serves MQTT alone, for test suites', load: () => import('./cli/broker.ts') },
  config: { summary: 'shows every setting and where it came from', load: () => import('./cli/config.ts') },
  doctor: { summary: 'looks for what is wrong and says what to do', load: () => import('./cli/doctor.ts') },
}

/** One line of the table: what the list of commands says of it, and where it is. */
export interface CommandEntry {
  summary: string
  load(): Promise<CommandModule>
}

/** What a file in `cli/` exports: it adds its command to the program. The two types are one class at run time. */
export interface CommandModule {
  register(program: Command | PlainCommand): void
}

/** Runs the command line and returns the exit code; never throws and never ends the process itself. */
export const run = async (argv: readonly string[]): Promise<number> => {
  const program = new Command('nadi')
    .description("The pulse of a city's buildings")
    .exitOverride()
    .showHelpAfterError('Add --help to see how it is used.')
    .addHelpText('after', '\nExample:\n  npx nadi devices add library-edge --building library')
  const [first, second] = argv
  const askedFor = first === 'help' && second !== undefined ? [second, '--help'] : [...argv]
  const name = askedFor[0] ?? ''
  const wanted = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  try {
    if (wanted) (await wanted.load()).register(program)
    // Only named, never loaded: an edge box lacks what most of them need.
    else for (const [name, { summary }] of Object.entries(COMMANDS)) program.command(name).summary(summary)
    await program.parseAsync(askedFor, { from: 'user' })
    return 0
  } catch (error) {
    return report(error)
  }
}

const report = (error: unknown): number => {
  if (
    error instanceof Error &&
    'exitCode' in error &&
    'code' in error &&
    String(error.code).startsWith('commander.')
  ) {
    return error.exitCode === 0 ? 0 : 2
  }
  if (error instanceof NadiError) {
    process.stderr.write(`nadi: ${error.message}\n`)
    for (const { pointer, detail } of error.problems) process.stderr.write(`  ${pointer}: ${detail}\n`)
    return error.code === 'invalid-input' ? 2 : 1
  }
  process.stderr.write(`nadi: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return 1
}
