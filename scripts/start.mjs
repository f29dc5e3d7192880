// `npm start`: sets up, then runs the city (`main.ts`) with the Node that the project brings along and stays its
// parent. It passes signals on (npm passes Ctrl-C on as well, so the city may hear it twice) and ends as the city ends.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { node } from './node.mjs'
import { setUp } from './setup.mjs'

await setUp()

// Reads of the store and fsync share libuv's pool: with the default four threads, readers starve the writer. The other
// settings keep the core's memory down (docs/decisions/core-memory.md).
const { flags, environment } = JSON.parse(readFileSync(new URL('cityProcess.json', import.meta.url), 'utf8'))
const city = spawn(
  node(),
  [...flags, fileURLToPath(new URL('../main.ts', import.meta.url)), ...process.argv.slice(2)],
  { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env: { ...environment, ...process.env } },
)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => city.kill(signal))
city.once('error', (error) => {
  process.stderr.write(`Nadi: the city could not be started: ${error.message}\n`)
  process.exit(1)
})
city.once('exit', (code) => process.exit(code ?? 1))
