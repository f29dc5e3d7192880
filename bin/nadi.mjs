#!/usr/bin/env node
// Entry of `npx nadi`: plain JavaScript, so that an older Node can still say which Node is needed.
import module from 'node:module'
import { fileURLToPath } from 'node:url'

// npm puts the Node that the project brings along first on the path; elsewhere (an edge box) the system's must do.
const [major] = process.versions.node.split('.').map(Number)
if (major < 26) {
  process.stderr.write(
    `nadi needs Node 26 or newer, and this is ${process.version}. Run "npm ci" in the clone, which brings Node 26 along, ` +
      'or install Node 26 on this machine.\n',
  )
  process.exit(1)
}
// `nadi devices list | head`: whoever has read enough closes the pipe, which is no failure.
process.stdout.on('error', (error) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
// A command that was run once starts a third sooner. Where this folder cannot be written, nothing is kept.
module.enableCompileCache?.(fileURLToPath(new URL('../node_modules/.cache/nadi', import.meta.url)))
const { run } = await import('../cli.ts')
process.exitCode = await run(process.argv.slice(2))
