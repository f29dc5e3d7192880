import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { dataFiles } from './files.ts'
import { type SeenProcess, stillRunning } from './lock.ts'
import { processIdentity } from './processIdentity.ts'

/**
 * The city's other processes: edge agents, history, Node-RED. Each is forked with an IPC channel and ends when that
 * closes, so none outlives the city, whatever killed it. What could not hear that (a blocked event loop) is found at
 * the next start by the file it has in the data folder and ended then.
 */
export interface Children {
  /** Forks a process; with `restart`, it is forked again whenever it ends by itself, with back-off. */
  start(options: ChildOptions): Child
}

export interface ChildOptions {
  /** Unique name, also of its file: `edge-library`. */
  name: string
  modulePath: string
  args?: readonly string[]
  /** The whole environment; default: this process's own. */
  env?: NodeJS.ProcessEnv
  execArgv?: readonly string[]
  cwd?: string
  restart?: boolean
  onMessage?: (message: unknown) => void
  /** Called with each fork, the first included. */
  onFork?: (child: ChildProcess) => void
}

export interface Child extends AsyncDisposable {
  /** Resolves with the exit code (null: a signal) when it has ended and is not started again. */
  readonly ended: Promise<number | null>
  /** SIGTERM, then SIGKILL when it has not ended in `STOP_MS`. */
  stop(): Promise<void>
}

const STOP_MS = 3_000
const FIRST_BACK_OFF_MS = 1_000
const LONGEST_BACK_OFF_MS = 60_000
/** A process that lived this long had started well: the next back-off begins small again. */
const HEALTHY_MS = 60_000

export const createChildren = ({ dataDir, log }: { dataDir: string; log: Logger }): Children => {
  const folder = dataFiles(dataDir).children
  mkdirSync(folder, { recursive: true })

  return {
    start(options) {
      const file = path.join(folder, `${options.name}.json`)
      const stopping = new AbortController()
      let current: ChildProcess | undefined

      const forkOnce = async (): Promise<number | null> => {
        const child = fork(options.modulePath, options.args ?? [], {
          env: options.env ?? process.env,
          ...(options.execArgv && { execArgv: [...options.execArgv] }),
          ...(options.cwd && { cwd: options.cwd }),
          stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        })
        current = child
        if (options.onMessage) child.on('message', options.onMessage)
        options.onFork?.(child)
        const ended = once(child, 'exit')
        if (child.pid !== undefined) {
          const seen: SeenProcess = { pid: child.pid, identity: processIdentity(child.pid) ?? '' }
          writeFileSync(file, JSON.stringify(seen))
        }
        const [code] = (await ended) as [number | null]
        rmSync(file, { force: true })
        return code
      }

      const run = async (): Promise<number | null> => {
        let backOffMs = FIRST_BACK_OFF_MS
        for (;;) {
          const startedMs = performance.now()
          const code = await forkOnce()
          if (stopping.signal.aborted || !options.restart) return code
          if (performance.now() - startedMs > HEALTHY_MS) backOffMs = FIRST_BACK_OFF_MS
          log.warn({ child: options.name, code, backOffMs }, 'a process ended and is started again')
          try {
            await sleep(backOffMs, undefined, { signal: stopping.signal })
          } catch {
            return code
          }
          backOffMs = Math.min(backOffMs * 2, LONGEST_BACK_OFF_MS)
        }
      }

      const ended = run()
      const stop = async (): Promise<void> => {
        stopping.abort()
        current?.kill('SIGTERM')
        const killer = setTimeout(() => current?.kill('SIGKILL'), STOP_MS)
        await ended
        clearTimeout(killer)
      }
      return { ended, stop, [Symbol.asyncDispose]: stop }
    },
  }
}

/**
 * Ends what an earlier city of this data folder left behind. A process is touched only when its id *and* its identity
 * are those that were written when it was forked. Returns how many were ended.
 */
export const endLeftovers = (dataDir: string, log: Logger): number => {
  const folder = dataFiles(dataDir).children
  mkdirSync(folder, { recursive: true })
  let ended = 0
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name)
    const leftover = stillRunning(file)
    if (leftover) {
      log.warn({ pid: leftover.pid, child: name }, 'ending a process that an earlier city left behind')
      process.kill(leftover.pid, 'SIGKILL')
      ended += 1
    }
    rmSync(file, { force: true })
  }
  return ended
}
