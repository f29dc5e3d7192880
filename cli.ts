import { Command } from 'commander'
import { NadiError } from './city/errors.ts'

/**
 * `npx nadi COMMAND`: each command is one file in `cli/`, loaded only when it is asked for, so that an edge box that
 * has installed the edge alone can run `nadi edge`. Exit codes: 0 done, 1 failed, 2 wrong use.
 */
export const COMMANDS: Readonly<Record<string, () => Promise<CommandModule>>> = {}

/** What a file in `cli/` exports: it adds its command to the program. */
export interface CommandModule {
  register(program: Command): void
}

/** Runs the command line and returns the exit code; never throws and never ends the process itself. */
export const run = async (argv: readonly string[]): Promise<number> => {
  const program = new Command('nadi')
    .description("The pulse of a city's buildings")
    .exitOverride()
    .showHelpAfterError('Add --help to see how it is used.')
  const wanted = COMMANDS[argv[0] ?? '']
  try {
    const modules = wanted
      ? [await wanted()]
      : await Promise.all(Object.values(COMMANDS).map((load) => load()))
    for (const module of modules) module.register(program)
    await program.parseAsync([...argv], { from: 'user' })
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
