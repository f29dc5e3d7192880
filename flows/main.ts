import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { createGate } from './gate.ts'
import { FLOWS_PATH, flowsSettings } from './settings.ts'
import { watchParent } from './watchdog.ts'

/**
 * Node-RED as a process of its own: forked by the city, or alone (a container). Everything comes through the
 * environment and leaves it before a flow can read it.
 *
 * NADI_FLOWS_JOB: JSON `{ userDir, host, port, token, credentialSecret, city: { httpUrl, mqttUrl, key } }`; instead
 * of `token`, `credentialSecret` and `city.key` a container names files: `tokenFile`, `credentialSecretFile`,
 * `keyFile`.
 */
interface Job {
  userDir: string
  host: string
  port: number
  token?: string
  tokenFile?: string
  credentialSecret?: string
  credentialSecretFile?: string
  city: { httpUrl: string; mqttUrl: string; key?: string; keyFile?: string }
}

const takeJob = (): Job => {
  const text = process.env['NADI_FLOWS_JOB']
  delete process.env['NADI_FLOWS_JOB']
  if (!text)
    throw new Error('NADI_FLOWS_JOB is not set: start the city with "npm start", which starts Node-RED.')
  return JSON.parse(text)
}

const secret = (value: string | undefined, file: string | undefined, name: string): string => {
  if (value) return value
  if (file) return readFileSync(file, 'utf8').trim()
  throw new Error(`NADI_FLOWS_JOB lacks "${name}" or "${name}File".`)
}

/** Flows of the operators are theirs; the shipped ones are copied only where there are none yet. */
const prepareUserDir = (userDir: string): void => {
  mkdirSync(userDir, { recursive: true })
  const flowFile = path.join(userDir, 'flows.json')
  if (!existsSync(flowFile)) copyFileSync(path.join(import.meta.dirname, 'flows.json'), flowFile)
}

const start = async (): Promise<void> => {
  const job = takeJob()
  prepareUserDir(job.userDir)
  // Ctrl-C reaches the whole group; the city ends its parts itself, in order.
  if (process.send) {
    process.on('SIGINT', () => undefined)
    process.on('disconnect', () => process.exit(0))
    watchParent()
  }

  const { default: RED } = await import('node-red')
  const inner = createServer()
  const { httpUrl, mqttUrl, key, keyFile } = job.city
  RED.init(
    inner,
    flowsSettings({
      userDir: job.userDir,
      credentialSecret: secret(job.credentialSecret, job.credentialSecretFile, 'credentialSecret'),
      city: { httpUrl, mqttUrl, key: secret(key, keyFile, 'key') },
    }),
  )
  inner.on('request', (request, response) => {
    const rest = request.url?.slice(FLOWS_PATH.length) ?? ''
    if (request.url?.startsWith(FLOWS_PATH) && /^[/?]/.test(rest)) {
      request.url = rest.startsWith('?') ? `/${rest}` : rest
      RED.httpAdmin(request, response)
      return
    }
    // The editor's own addresses are relative to the trailing slash.
    response.writeHead(302, { location: `${FLOWS_PATH}/` }).end()
  })

  const gate = createGate(inner, secret(job.token, job.tokenFile, 'token'))
  process.once('SIGTERM', () => {
    void RED.stop().finally(() => process.exit(0))
  })
  await RED.start()
  gate.listen(job.port, job.host, () => {
    process.send?.({ ready: true, port: (gate.address() as AddressInfo).port })
  })
  gate.once('error', (error: NodeJS.ErrnoException) => {
    process.send?.({ failed: error.code })
    process.exit(1)
  })
}

await start()
