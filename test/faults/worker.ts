import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { freeze } from '../support/freeze.ts'
import { until } from '../support/until.ts'
import type { FromWorker, ToWorker } from './messages.ts'

/** A process of the suite that is started, killed and started again, each time on the same files. */
export interface Worker extends AsyncDisposable {
  readonly name: string
  /** Starts it; throws when it runs. */
  start(): void
  /** SIGKILL; resolves when it is gone, at once when it does not run. */
  kill(): Promise<void>
  /** Stops it (SIGSTOP) with no system call under way; `kill` ends it also then. */
  freeze(): Promise<void>
  thaw(): void
  send(message: ToWorker): void
  /** Resolves when it has said this since it was started last; rejects when it ends by itself before. */
  heard<K extends FromWorker['kind']>(kind: K, timeoutMs?: number): Promise<FromWorker & { kind: K }>
  /** Forgets what it said, so that `heard` waits for the next time. */
  forget(kind: FromWorker['kind']): void
  /** Wall clock of the last start. */
  startedAtMs(): number
  running(): boolean
  /** Of the process that was started last, whatever it was wrapped in. */
  pid(): number
}

export interface WorkerOptions {
  name: string
  /** File beside this one. */
  module: string
  /** Its one argument, asked at each start. */
  options: () => object
  /** A command that runs it, such as `['strace', '-f', ...]`, asked at each start; it must hand on its file descriptors. */
  wrap?: () => readonly string[]
  env?: Readonly<Record<string, string>>
  onMessage?: (message: FromWorker) => void
  /** It ended without being killed; `told` is the end of what it wrote to standard error. */
  onEnded: (code: number | null, told: string) => void
}

const LAST_WORDS = 2000
/** Code that was compiled once need not be again, a thousand times: halves the work of a start. */
const COMPILED = path.resolve(import.meta.dirname, '../../node_modules/.cache/nadi')

export const createWorker = (settings: WorkerOptions): Worker => {
  const { name, module, options, wrap = () => [], env = {}, onMessage, onEnded } = settings
  const said = new Map<FromWorker['kind'], FromWorker>()
  let child: ChildProcess | undefined
  let pid: number | undefined
  let startedAtMs = 0

  const running = (): boolean => child !== undefined && child.exitCode === null && child.signalCode === null

  const start = (): void => {
    if (running()) throw new Error(`${name} runs already`)
    said.clear()
    const command = [...wrap(), process.execPath, path.join(import.meta.dirname, module)]
    const [file, ...args] = [...command, JSON.stringify(options())]
    startedAtMs = Date.now()
    const started = spawn(file, args, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, UV_THREADPOOL_SIZE: '16', NODE_COMPILE_CACHE: COMPILED, ...env },
    })
    let lastWords = ''
    let killed = false
    started.stderr?.setEncoding('utf8').on('data', (text: string) => {
      lastWords = (lastWords + text).slice(-LAST_WORDS)
    })
    started.on('message', (message: FromWorker) => {
      if (message.kind === 'opening') pid = message.pid
      said.set(message.kind, message)
      onMessage?.(message)
    })
    started.on('error', (error) => {
      lastWords += String(error)
    })
    started.once('exit', (code, signal) => {
      killed = signal === 'SIGKILL' || killing
    })
    // After `exit`, when its last words have been read.
    started.once('close', (code) => {
      if (!killed) onEnded(code, lastWords.trim())
    })
    child = started
    pid = started.pid
  }

  let killing = false
  const kill = async (): Promise<void> => {
    if (!child || !running()) return
    killing = true
    const gone = once(child, 'exit')
    for (const each of new Set([pid, child.pid])) {
      try {
        if (each !== undefined) process.kill(each, 'SIGKILL')
      } catch {
        // It is gone already.
      }
    }
    await gone
    killing = false
  }

  return {
    name,
    start,
    kill,
    running,
    startedAtMs: () => startedAtMs,
    pid: () => pid ?? 0,
    async freeze() {
      if (pid !== undefined && running()) await freeze(pid)
    },
    thaw() {
      if (pid !== undefined && running()) process.kill(pid, 'SIGCONT')
    },
    send(message) {
      child?.send(message)
    },
    async heard<K extends FromWorker['kind']>(kind: K, timeoutMs = 60_000) {
      const message = await until(
        () => {
          if (!running()) throw new Error(`${name} does not run: it will not say "${kind}"`)
          return said.get(kind)
        },
        { everyMs: 4, timeoutMs, what: `"${kind}" of ${name}` },
      )
      return message as FromWorker & { kind: K }
    },
    forget: (kind) => void said.delete(kind),
    [Symbol.asyncDispose]: kill,
  }
}
