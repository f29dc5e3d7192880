// `npm run check`: types, lint, format, dead code and the structure of the house, one after the other.
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { node } from './node.mjs'
import { setUp } from './setup.mjs'

await setUp()

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = (name) => path.join(root, 'node_modules/.bin', name)
const steps = [
  { name: 'types', command: bin('tsc'), args: ['-p', '.'] },
  { name: 'lint', command: bin('oxlint'), args: ['--type-aware', '.'] },
  { name: 'format', command: bin('oxfmt'), args: ['--check', '.'] },
  { name: 'dead code', command: bin('knip'), args: [] },
  { name: 'structure', command: bin('vitest'), args: ['run', 'test/structure'] },
]
const env = {
  ...process.env,
  PATH: `${path.dirname(node())}:${path.join(root, 'node_modules/.bin')}:${process.env.PATH}`,
}
let failed = 0
for (const { name, command, args } of steps) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, env, encoding: 'utf8' })
  process.stdout.write(`${status === 0 ? 'ok    ' : 'FAILED'} ${name}\n`)
  if (status === 0) continue
  failed += 1
  process.stdout.write(`${stdout}${stderr}\n`)
}
process.exit(failed > 0 ? 1 : 0)
