import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { NadiError } from '../city/errors.ts'
import type { Catalogue } from '../store/catalogue/catalogue.ts'
import type { Child, Children } from './children.ts'
import type { DataFiles } from './files.ts'
import { keyFile, secretFile } from './secrets.ts'

/** What the city and its Node-RED, wherever it runs, both know. */
export interface FlowsLink {
  token: string
  key: string
  credentialSecret: string
}

/** Reads the link's three secrets, or makes them at first start. */
export const openFlowsLink = ({ flowsLink }: DataFiles, catalogue: Catalogue): FlowsLink => {
  const random = (): string => randomBytes(32).toString('base64url')
  return {
    token: secretFile(flowsLink.token, random),
    key: keyFile(flowsLink.key, catalogue, 'operator', 'flows'),
    credentialSecret: secretFile(flowsLink.credentials, random),
  }
}

/** Node-RED as a child of this city. */
export interface Flows {
  child: Child
  /** Where it listens, once it does; changes when it had to be started again on a port of the system's choice. */
  url(): string | undefined
  /** Resolves when Node-RED serves for the first time; rejects with `port-in-use`, or when it keeps ending. */
  ready: Promise<void>
}

const root = path.resolve(import.meta.dirname, '..')
/** After so many starts that came to nothing the city goes on without; Node-RED is tried again all the same. */
const MOST_TRIES = 3

/**
 * Starts Node-RED in a process of its own, under Node's permission model: it reads the project's code and its own
 * folder, writes its own folder, starts no programs, and is reached through the city's login alone.
 */
export const startFlows = (options: {
  children: Children
  files: DataFiles
  link: FlowsLink
  port: number
  city: { httpUrl: string; mqttUrl: string }
  /** PEM file of the authority behind an `https` city. */
  caFile: string
}): Flows => {
  const { children, files, link, port, city, caFile } = options
  const host = '127.0.0.1'
  const ready = Promise.withResolvers<void>()
  // A folder that is not there yet would be allowed as a file of that name, without what is to come in it.
  mkdirSync(files.flows, { recursive: true })
  let url: string | undefined
  let forks = 0
  const { token, key, credentialSecret } = link
  const job = { userDir: files.flows, host, port, token, credentialSecret, city: { ...city, key } }
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
    // Flows can read their environment, so it holds nothing of the city's settings.
    env: {
      PATH: process.env['PATH'],
      NADI_FLOWS_JOB: JSON.stringify(job),
      ...(city.httpUrl.startsWith('https:') && { NODE_EXTRA_CA_CERTS: caFile }),
    },
    restart: true,
    onFork: () => {
      url = undefined
      forks += 1
      if (forks > MOST_TRIES) ready.reject(new Error(`Node-RED ended ${MOST_TRIES} times before it served.`))
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
  return { child, url: () => url, ready: ready.promise }
}

const isReady = (message: unknown): message is { ready: true; port: number } =>
  typeof message === 'object' && message !== null && 'ready' in message && 'port' in message

const isFailed = (message: unknown): message is { failed: string } =>
  typeof message === 'object' && message !== null && 'failed' in message
