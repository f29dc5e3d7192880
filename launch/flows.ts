import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { NadiError } from '../city/errors.ts'
import type { Catalogue } from '../store/catalogue/catalogue.ts'
import type { Child, Children } from './children.ts'
import type { DataFiles } from './files.ts'
import { keyFile, secretFile } from './secrets.ts'

/**
 * Starts Node-RED in a process of its own, under Node's permission model: it reads the project's code and its own
 * folder, writes its own folder, starts no programs, and is reached through the city's login alone.
 */
export interface Flows {
  child: Child
  /** Where it listens, once it does; changes when it had to be started again on a port of the system's choice. */
  url(): string | undefined
  /** What the city's proxy shows to Node-RED for a visitor whose login it has checked. */
  token: string
  /** Resolves when Node-RED serves for the first time; rejects when it ends before. */
  ready: Promise<void>
}

const root = path.resolve(import.meta.dirname, '..')

export const startFlows = (options: {
  children: Children
  files: DataFiles
  catalogue: Catalogue
  host: string
  port: number
  city: { httpUrl: string; mqttUrl: string }
}): Flows => {
  const { children, files, catalogue, host, port } = options
  const token = randomBytes(32).toString('base64url')
  const ready = Promise.withResolvers<void>()
  // A folder that is not there yet would be allowed as a file of that name, without what is to come in it.
  mkdirSync(files.flows, { recursive: true })
  let url: string | undefined
  const job = {
    userDir: files.flows,
    host,
    port,
    token,
    credentialSecret: secretFile(path.join(path.dirname(files.flowsKey), 'flows-credentials'), () =>
      randomBytes(32).toString('base64url'),
    ),
    city: { ...options.city, key: keyFile(files.flowsKey, catalogue, 'operator', 'flows') },
  }
  const readable = ['node_modules', 'flows', 'package.json']
    .map((name) => path.join(root, name))
    .concat(files.flows)
  const child = children.start({
    name: 'flows',
    modulePath: path.join(root, 'flows/main.ts'),
    execArgv: [
      '--no-warnings',
      '--permission',
      ...readable.map((name) => `--allow-fs-read=${name}`),
      `--allow-fs-write=${files.flows}`,
      '--allow-net',
      '--allow-worker',
    ],
    env: { NADI_FLOWS_JOB: JSON.stringify(job) },
    restart: true,
    onFork: () => {
      url = undefined
    },
    onMessage: (message) => {
      if (isReady(message)) {
        url = `http://${host}:${message.port}`
        ready.resolve()
      } else if (isFailed(message)) {
        ready.reject(
          new NadiError(
            'port-in-use',
            `Node-RED cannot listen on port ${port} (${message.failed}). Free the port, or choose another with NADI_FLOWS_PORT.`,
          ),
        )
      }
    },
  })
  return { child, token, url: () => url, ready: ready.promise }
}

const isReady = (message: unknown): message is { ready: true; port: number } =>
  typeof message === 'object' && message !== null && 'ready' in message && 'port' in message

const isFailed = (message: unknown): message is { failed: string } =>
  typeof message === 'object' && message !== null && 'failed' in message
