// Where Node 26 is: in the project's own node_modules, else whatever runs this file when it is new enough.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const own = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url))

/** Path of a Node 26 or newer; ends the process with what to do when there is none. */
export const node = () => {
  if (existsSync(own)) return own
  if (Number(process.versions.node.split('.')[0]) >= 26) return process.execPath
  process.stderr.write(
    `Nadi needs Node 26 and this is ${process.version}: run "npm ci", which brings it along.\n`,
  )
  return process.exit(1)
}
