import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'

/** The command line of a program of the house: `--help` prints how it is used and ends it with 0, wrong use with 2. */
export const commandLine = (usage: string) => {
  const wrongUse = (text: string): never => {
    process.stderr.write(`${text}\n\n${usage}`)
    return process.exit(2)
  }
  return {
    wrongUse,
    /** Options and, where the program takes any, words beside them. */
    read: <Options extends ParseArgsOptionsConfig>(options: Options, allowPositionals = false) => {
      const parsed = (() => {
        try {
          return parseArgs({ options: { ...options, help: { type: 'boolean' } }, allowPositionals })
        } catch (error) {
          return wrongUse(error instanceof Error ? error.message : String(error))
        }
      })()
      if ('help' in parsed.values && parsed.values.help === true) {
        process.stdout.write(usage)
        process.exit(0)
      }
      return parsed
    },
    wholeNumber: (name: string, text: string): number =>
      /^\d{1,9}$/.test(text) ? Number(text) : wrongUse(`--${name} takes a whole number`),
    /** Above 0. */
    number: (name: string, text: string): number =>
      Number(text) > 0 && Number.isFinite(Number(text))
        ? Number(text)
        : wrongUse(`--${name} takes a number above 0`),
  }
}
