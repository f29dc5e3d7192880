import { existsSync } from 'node:fs'
import path from 'node:path'
import { NadiError } from './city/errors.ts'
import { parseConfig } from './config.ts'
import { aborted } from './launch/aborted.ts'
import { startCity } from './launch/city.ts'
import { createLog } from './launch/log.ts'

/**
 * The whole city in one process tree (`npm start`). Ends, everything closed in reverse order, on SIGINT, SIGTERM,
 * SIGHUP or when the launcher that forked it is gone; a second signal changes nothing.
 */
const root = import.meta.dirname

const main = async (): Promise<number> => {
  // What the city and its children write is the business of their user alone.
  process.umask(0o077)
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())
  process.on('disconnect', () => stop.abort())
  try {
    if (existsSync(path.join(root, '.env'))) process.loadEnvFile(path.join(root, '.env'))
    const config = parseConfig(process.env, root)
    await using city = await startCity({ config, log: createLog(config.log), signal: stop.signal })
    if (!stop.signal.aborted) process.stdout.write(`${city.readyLine}\n`)
    await aborted(stop.signal)
    return 0
  } catch (error) {
    if (stop.signal.aborted) return 0
    process.stderr.write(`${explain(error)}\n`)
    return 1
  }
}

/** What a person needs to know of a start that failed; a stack only where the fault is ours. */
const explain = (error: unknown): string => {
  if (error instanceof NadiError) {
    return [
      `Nadi could not start: ${error.message}`,
      ...error.problems.map(({ pointer, detail }) => `  ${pointer}: ${detail}`),
    ].join('\n')
  }
  return `Nadi could not start: ${error instanceof Error ? error.stack : String(error)}`
}

const code = await main()
// Nothing of ours is left open by now; a library's stray handle must not keep the process.
process.exit(code)
