import type { Command } from '@commander-js/extra-typings'

/** Options that every command for a running city has, and how a command shows its example. */
export const withCity = <Args extends unknown[], Opts extends Record<string, unknown>>(
  command: Command<Args, Opts>,
) =>
  command
    .option('--url <address>', 'the city (default: the one that runs on NADI_DATA_DIR)')
    .option('--token <key>', "a key of it (default: this data folder's administrator token)")
    .option('--json', 'print one JSON document')

/** Shown below the options of `--help`. */
export const example = (...lines: readonly string[]): string =>
  `\nExample:\n${lines.map((line) => `  ${line}`).join('\n')}`
