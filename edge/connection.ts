import { setTimeout as sleep } from 'node:timers/promises'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { statusTopic } from '../city/topics.ts'

/**
 * One MQTT connection from its CONNECT to its end. MQTT.js neither reconnects nor resends here (`reconnectPeriod` 0,
 * a clean session, a client of its own for each connection): what is not acknowledged when a connection ends is
 * still in the spool, and comes from there on the next one.
 */
export interface Connection {
  /** Publishes at QoS 1 and resolves on its PUBACK; rejects, and ends the connection, when none comes in time. */
  publish(topic: string, payload: string, options?: { retain?: boolean }): Promise<void>
  readonly open: boolean
  /** Resolves when the connection has ended, with the reason. */
  readonly closed: Promise<Error>
  /** Leaves with DISCONNECT, so that the last will is not sent. */
  leave(): Promise<void>
  /** Ends at once. */
  drop(reason: Error): void
}

/** How a device proves who it is, and knows its broker. */
export interface Credentials {
  password?: string
  /** Certificates in PEM that a TLS broker's is checked against; default: those of Node. */
  ca?: string
  /** The device's own certificate and its key in PEM, for `mqtts` and `wss`. */
  cert?: string
  key?: string
}

export interface ConnectionOptions extends Credentials {
  url: string
  device: string
  connectTimeoutMs: number
  pubackTimeoutMs: number
  keepaliveSeconds: number
}

/** The broker knows no such device, or not with this password (CONNACK 4 and 5, MQTT 5: 134 and 135). */
export class RefusedError extends Error {}
const REFUSALS: ReadonlySet<unknown> = new Set([4, 5, 134, 135])

const LEAVE_TIMEOUT_MS = 1_000

/** Connects and resolves on CONNACK; rejects with `RefusedError` when the identity is refused. */
export type OpenConnection = (options: ConnectionOptions, signal: AbortSignal) => Promise<Connection>

/** Connects with MQTT.js. */
export const openConnection: OpenConnection = async (options, signal) => {
  const client = mqtt.connect(options.url, clientOptions(options))
  let failure: Error | undefined
  client.on('error', (error) => {
    failure ??= error
  })
  const connected = new Promise<undefined>((resolve) => {
    client.once('connect', () => resolve(undefined))
  })
  const closed = new Promise<Error>((resolve) => {
    client.once('close', () => resolve(failure ?? new Error('the connection was closed')))
  })
  const drop = (reason: Error): void => {
    failure ??= reason
    client.end(true)
    // While MQTT.js is leaving politely, `end` does nothing.
    client.stream.destroy()
  }
  const abort = (): void => drop(new Error('the agent is closing'))
  signal.addEventListener('abort', abort)
  try {
    signal.throwIfAborted()
    const ended = await Promise.race([connected, closed])
    if (ended) throw ended
  } catch (error) {
    client.end(true)
    if (isRefusal(error)) throw new RefusedError('the broker refused the identity', { cause: error })
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }

  return {
    get open() {
      return client.connected
    },
    closed,
    drop,
    publish: (topic, payload, { retain = false } = {}) =>
      publishOnce(client, { topic, payload, retain, timeoutMs: options.pubackTimeoutMs, closed, drop }),
    async leave() {
      client.end(false)
      await Promise.race([closed, sleep(LEAVE_TIMEOUT_MS, undefined, { ref: false })])
      drop(new Error('the broker did not let go'))
    },
  }
}

const clientOptions = (options: ConnectionOptions): IClientOptions => ({
  clientId: options.device,
  username: options.device,
  ...(options.password !== undefined && { password: options.password }),
  clean: true,
  reconnectPeriod: 0,
  resubscribe: false,
  queueQoSZero: false,
  connectTimeout: options.connectTimeoutMs,
  keepalive: options.keepaliveSeconds,
  ...(isSecure(options.url) && secrets(options)),
  will: { topic: statusTopic(options.device), payload: Buffer.from('offline'), qos: 1, retain: true },
})

/** MQTT.js takes a certificate for a wish to speak TLS, whatever the URL says. */
const isSecure = (url: string): boolean => /^(mqtts|wss):/.test(url)

const secrets = ({ ca, cert, key }: Credentials): Pick<IClientOptions, 'ca' | 'cert' | 'key'> => ({
  ...(ca !== undefined && { ca }),
  ...(cert !== undefined && { cert }),
  ...(key !== undefined && { key }),
})

const isRefusal = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && REFUSALS.has(error.code)

interface PublishOptions {
  topic: string
  payload: string
  retain: boolean
  timeoutMs: number
  closed: Promise<Error>
  drop: (reason: Error) => void
}

const publishOnce = async (
  client: MqttClient,
  { topic, payload, retain, timeoutMs, closed, drop }: PublishOptions,
): Promise<void> => {
  // MQTT.js would keep it for a next connection that there never is.
  if (!client.connected) throw new Error('the connection is closed')
  let timer: NodeJS.Timeout | undefined
  const acknowledged = new Promise<undefined>((resolve, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`the broker did not acknowledge within ${timeoutMs} ms`)
      drop(error)
      reject(error)
    }, timeoutMs)
    client.publish(topic, payload, { qos: 1, retain }, (error) => {
      if (error) reject(error)
      else resolve(undefined)
    })
  })
  try {
    // The callback of a publish is never called when its connection ends first.
    const ended = await Promise.race([acknowledged, closed])
    if (ended) throw ended
  } finally {
    clearTimeout(timer)
  }
}
