// Tries what a person does on a new machine: clones the repository, starts the city with an empty npm cache and
// whatever Node the machine has, stops it, kills it, and starts it again. Prints each step; exit code 1 at the first
// that is not as promised. `node scripts/fresh-clone.mjs [--keep]`
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(path.join(tmpdir(), 'nadi-fresh-'))
const clone = path.join(folder, 'nadi')
const runFile = path.join(clone, 'data/run.json')
// The machine's own Node must come first, as on a machine that knows nothing of this project.
const PATH = (process.env.PATH ?? '')
  .split(':')
  .filter((entry) => !entry.includes('node_modules'))
  .join(':')
const env = {
  PATH,
  HOME: process.env.HOME ?? folder,
  npm_config_cache: path.join(folder, 'npm-cache'),
  NADI_HTTP_PORT: '0',
  NADI_MQTT_PORT: '0',
  NADI_MQTTS_PORT: '0',
  NADI_FLOWS_PORT: '0',
}

const say = (text) => process.stdout.write(`${text}\n`)
const fail = (text) => {
  throw new Error(text)
}
const seconds = (sinceMs) => ((performance.now() - sinceMs) / 1000).toFixed(1)

const waitFor = async (what, condition, timeoutMs) => {
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline) {
    const value = await condition()
    if (value) return value
    await sleep(50)
  }
  return fail(`${what} did not happen within ${timeoutMs / 1000} s`)
}

/** `npm start` in a process group of its own, as a terminal would have it. */
const npmStart = (extra = {}) => {
  let output = ''
  const child = spawn('npm', ['start'], {
    cwd: clone,
    env: { ...env, ...extra },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const keep = (chunk) => {
    output += chunk
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const exit = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)))
  return { child, exit, output: () => output }
}

const readRun = () => (existsSync(runFile) ? JSON.parse(readFileSync(runFile, 'utf8')) : undefined)
const page = async (url) => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) })
    return response.ok ? await response.text() : undefined
  } catch {
    return undefined
  }
}
const ready = (city, timeoutMs) =>
  waitFor(
    'the ready line',
    () => {
      if (city.child.exitCode !== null) fail(`npm start ended by itself:\n${city.output()}`)
      return city.output().includes('Nadi is ready') && readRun()
    },
    timeoutMs,
  )

/** Process ids whose command line names the clone. */
const processesOfClone = () =>
  spawnSync('pgrep', ['-f', clone], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter((pid) => pid !== '' && Number(pid) !== process.pid)

const steps = async () => {
  say(`machine's own Node: ${spawnSync('node', ['--version'], { env, encoding: 'utf8' }).stdout.trim()}`)
  if (spawnSync('git', ['clone', '--quiet', source, clone], { stdio: 'inherit' }).status !== 0)
    fail('git clone failed')

  let startedMs = performance.now()
  let city = npmStart()
  let run = await ready(city, 600_000)
  say(`first start, set-up and history included: ready after ${seconds(startedMs)} s`)
  if (!(await page(run.http))?.includes('<html')) fail('the page does not answer')
  const { items } = JSON.parse(await page(`${run.http}/v1/buildings`))
  if (items.length !== 8) fail(`8 buildings expected, ${items.length} served`)

  // Ctrl-C reaches the whole group, and npm passes it on: it arrives twice.
  startedMs = performance.now()
  process.kill(-Number(city.child.pid), 'SIGINT')
  const code = await city.exit
  // npm hears the signal itself and then says 130, as shells do, whatever the city's own exit code (0, tested elsewhere).
  if (code !== 0 && code !== 130 && code !== 'SIGINT')
    fail(`exit code ${code} after Ctrl-C:\n${city.output()}`)
  if (existsSync(runFile)) fail('run.json was left behind')
  await waitFor('the end of all processes', () => processesOfClone().length === 0, 5000)
  say(`Ctrl-C: everything closed in ${seconds(startedMs)} s`)

  startedMs = performance.now()
  city = npmStart({ NADI_HTTP_PORT: '18080' })
  await waitFor('the first page', () => page('http://127.0.0.1:18080/'), 20_000)
  say(`second start: first page after ${seconds(startedMs)} s`)
  run = await ready(city, 60_000)

  process.kill(run.pid, 'SIGKILL')
  await city.exit
  await waitFor('the end of all children', () => processesOfClone().length === 0, 10_000)
  say('kill -9: no process is left')

  city = npmStart()
  run = await ready(city, 60_000)
  say('start after kill -9: ready')
  process.kill(run.pid, 'SIGTERM')
  if ((await city.exit) !== 0) fail('exit code after SIGTERM is not 0')

  const squatter = createServer().listen(0, '127.0.0.1')
  await waitFor('the squatter', () => squatter.listening, 5000)
  const { port } = squatter.address()
  city = npmStart({ NADI_HTTP_PORT: String(port) })
  const refused = await city.exit
  squatter.close()
  if (refused === 0 || !city.output().includes(String(port)) || !city.output().includes('NADI_HTTP_PORT')) {
    fail(`a busy port must be named with its setting:\n${city.output()}`)
  }
  say('busy port: named, with the setting that changes it')
}

let failure
try {
  await steps()
} catch (error) {
  failure = error
}
for (const pid of processesOfClone()) process.kill(Number(pid), 'SIGKILL')
if (process.argv.includes('--keep')) say(`kept: ${folder}`)
else rmSync(folder, { recursive: true, force: true })
say(failure ? `FAILED: ${failure.message}` : 'all as promised')
process.exit(failure ? 1 : 0)
