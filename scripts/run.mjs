// Runs one of the project's TypeScript files with the Node that the project brings along.
import { spawnSync } from 'node:child_process'
import { node } from './node.mjs'

const { status, signal } = spawnSync(node(), process.argv.slice(2), {
  stdio: 'inherit',
  env: { ...process.env, UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? '16' },
})
process.exit(signal ? 1 : (status ?? 1))
