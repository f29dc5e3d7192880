import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { influxDatabase } from './stores.ts'
import { temporaryFolder } from './temporaryFolder.ts'
import { until } from './until.ts'

const root = path.resolve(import.meta.dirname, '../..')
/** How `npm start` starts it. */
const SETTINGS: { flags: string[]; environment: Record<string, string> } = JSON.parse(
  readFileSync(path.join(root, 'scripts/cityProcess.json'), 'utf8'),
)

/** What `run.json` holds. */
export interface Run {
  pid: number
  http: string
  mqtt: string
  mqtts: string
  flows: string
  startedAt: string
}

/** A data folder and the real city (`main.ts` as a process of its own) that runs on it, start after start. */
export interface TestCity extends AsyncDisposable {
  dataDir: string
  /** Starts it and waits for the ready line. */
  start(env?: Readonly<Record<string, string>>): Promise<Run>
  /** The running process, or the last one that ran. */
  process(): ChildProcess
  /** Everything that it printed, this start. */
  output(): string
  /** Waits for the end of the process; its exit code, or the signal that ended it. */
  ended(): Promise<number | string>
  /** An answer of its API, with the administrator's key or none. */
  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads the answer as a stranger does, and asserts on it
  get(path: string, key?: string): Promise<{ status: number; body: any }>
  adminKey(): string
  /** The certificate of its authority, in PEM. */
  authority(): string
  /** Runs `npx nadi ...` against it. */
  nadi(...args: string[]): Promise<CommandResult>
}

export interface CommandResult {
  code: number
  stdout: string
  stderr: string
}

/** Runs the command line's own entry with the Node of this test. */
export const nadi = async (
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<CommandResult> => {
  const child = spawn(process.execPath, [path.join(root, 'bin/nadi.mjs'), ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code: code ?? -1, stdout, stderr }
}

/**
 * Makes the data folder (and in the project `influx` names a database); nothing runs until `start`. Ends whatever
 * still runs when it is disposed.
 */
export const testCity = async (settings: Readonly<Record<string, string>> = {}): Promise<TestCity> => {
  const folder = await temporaryFolder()
  const dataDir = path.join(folder.path, 'data')
  const runFile = path.join(dataDir, 'run.json')
  const influx = influxDatabase()
  const env = {
    ...(influx !== undefined && { NADI_STORE: 'influx', NADI_INFLUX_URL: influx }),
    NADI_DATA_DIR: dataDir,
    NADI_HTTP_PORT: '0',
    NADI_MQTT_PORT: '0',
    NADI_MQTTS_PORT: '0',
    NADI_FLOWS_PORT: '0',
    NADI_HISTORY_DAYS: '0',
    NADI_LOG: 'warn',
    ...settings,
  }
  let child: ChildProcess | undefined
  let exit: Promise<number | string> = Promise.resolve(0)
  let output = ''
  let run: Run | undefined

  const current = (): ChildProcess => {
    if (!child) throw new Error('the city was not started')
    return child
  }
  const adminKey = (): string => readFileSync(path.join(dataDir, 'secrets/admin-token'), 'utf8').trim()

  return {
    dataDir,
    process: current,
    output: () => output,
    ended: () => exit,
    adminKey,
    authority: () => readFileSync(path.join(dataDir, 'secrets/authority/ca.pem'), 'utf8'),
    nadi: (...args) => nadi(args, env),
    async start(more = {}) {
      output = ''
      const started = spawn(process.execPath, [...SETTINGS.flags, path.join(root, 'main.ts')], {
        cwd: root,
        env: { ...SETTINGS.environment, ...process.env, ...env, ...more },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      child = started
      exit = once(started, 'exit').then(([code, signal]) => code ?? signal)
      started.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
      started.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
      await until(
        () => {
          if (started.exitCode !== null) throw new Error(`the city ended by itself:\n${output}`)
          return output.includes('Nadi is ready') && existsSync(runFile)
        },
        { timeoutMs: 120_000, what: 'the ready line' },
      )
      run = JSON.parse(readFileSync(runFile, 'utf8'))
      return run as Run
    },
    async get(path, key) {
      const response = await fetch(`${run?.http}${path}`, {
        ...(key && { headers: { authorization: `Bearer ${key}` } }),
      })
      const text = await response.text()
      return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text }
    },
    async [Symbol.asyncDispose]() {
      if (child && child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM')
        await exit
      }
      await folder[Symbol.asyncDispose]()
    },
  }
}
