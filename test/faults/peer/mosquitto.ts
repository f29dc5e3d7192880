import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

export const MOSQUITTO = '/usr/sbin/mosquitto'

/** Mosquitto as Debian ships it, with persistence on, in a folder of its own. */
export interface Mosquitto extends AsyncDisposable {
  start(): void
  kill(): Promise<void>
}

export interface MosquittoOptions {
  folder: string
  port: number
  /** How often it saves what it holds; its default: every 30 minutes. */
  autosaveSeconds?: number
}

export const createMosquitto = ({ folder, port, autosaveSeconds }: MosquittoOptions): Mosquitto => {
  if (!existsSync(MOSQUITTO)) throw new Error(`${MOSQUITTO} is missing: install Debian's "mosquitto"`)
  mkdirSync(folder, { recursive: true })
  const config = path.join(folder, 'mosquitto.conf')
  writeFileSync(
    config,
    [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous true',
      'persistence true',
      `persistence_location ${folder}/`,
      'max_queued_messages 0',
      'log_type error',
      ...(autosaveSeconds === undefined ? [] : [`autosave_interval ${autosaveSeconds}`]),
      ...(process.getuid?.() === 0 ? ['user root'] : []),
    ].join('\n'),
  )
  let server: ChildProcess | undefined
  const kill = async (): Promise<void> => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const gone = once(server, 'exit')
    server.kill('SIGKILL')
    await gone
  }
  return {
    start() {
      server = spawn(MOSQUITTO, ['-c', config], { stdio: ['ignore', 'ignore', 'inherit'] })
    },
    kill,
    [Symbol.asyncDispose]: kill,
  }
}
