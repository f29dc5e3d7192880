// `npm test [FILTER ...]`: sets up (packages, then Debian packages), runs vitest, and ends with one line
// `N passed, N failed`. NADI_TEST_SCALE multiplies the rounds of fuzz, fault and property tests (default 1).
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { installDebianPackages } from './debian.mjs'
import { node } from './node.mjs'
import { setUp } from './setup.mjs'

await setUp()
installDebianPackages()

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(path.join(tmpdir(), 'nadi-report-'))
const report = path.join(folder, 'report.json')
const { status } = spawnSync(
  node(),
  [
    path.join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  {
    cwd: root,
    stdio: 'inherit',
    // The children of tests (`npx nadi`, agents) must find the same Node first.
    env: {
      ...process.env,
      PATH: `${path.join(root, 'node_modules/.bin')}:${process.env.PATH}`,
      // And need not compile anew what hundreds of them have in common.
      NODE_COMPILE_CACHE: path.join(root, 'node_modules/.cache/nadi'),
    },
  },
)
const { passed, failed, skipped } = existsSync(report)
  ? count(JSON.parse(readFileSync(report, 'utf8')))
  : { passed: 0, failed: 1, skipped: 0 }
rmSync(folder, { recursive: true, force: true })
// A file that could not be loaded and a run that ended badly count as failures, though no test of theirs ran.
const failures = failed === 0 && status !== 0 ? 1 : failed
process.stdout.write(`\n${passed} passed, ${failures} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
process.exit(failures > 0 ? 1 : 0)

function count({ numPassedTests, numFailedTests, numPendingTests, numFailedTestSuites, testResults }) {
  const broken = testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length
  return {
    passed: numPassedTests,
    failed: numFailedTests + (numFailedTests === 0 && numFailedTestSuites > 0 ? Math.max(broken, 1) : broken),
    skipped: numPendingTests,
  }
}
