import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { encodePack } from '../city/senml.ts'
import { birthTopic, observationsTopic, statusTopic } from '../city/topics.ts'
import { birthMessages } from './birthMessages.ts'
import { type Connection, type ConnectionOptions, openConnection, RefusedError } from './connection.ts'
import type { Birth } from './driver.ts'
import { retrySchedule } from './retrySchedule.ts'
import type { Spool, SpoolRow } from './spool.ts'

/**
 * Brings the spool's rows to the broker: SenML packs at QoS 1, several under way, a row released only on the PUBACK
 * of its pack, all that is unreleased sent again on the next connection. So each row arrives at least once.
 */
export interface Uplink extends AsyncDisposable {
  /** Tells that the spool has new rows. */
  wake(): void
  readonly connected: boolean
  /** Says `offline`, disconnects and stops. */
  close(): Promise<void>
}

export interface UplinkOptions {
  /** Tried in turn. */
  urls: readonly string[]
  device: string
  password: string
  ca?: string
  birth: Birth
  rows: Pick<Spool, 'oldest' | 'release'>
  /** Called after each release with how many rows it was. */
  onReleased: (rows: number) => void
  log: Logger
  random: () => number
  limits?: Partial<UplinkLimits>
}

export interface UplinkLimits {
  recordsPerPack: number
  packsInFlight: number
  connectTimeoutMs: number
  /** A broker slows down a device that is over its rate, so this is generous. */
  pubackTimeoutMs: number
  keepaliveSeconds: number
  retryFirstMs: number
  retryLongestMs: number
  /** Waits after a refused identity, which only a person can mend. */
  refusedFirstMs: number
  refusedLongestMs: number
}

const DEFAULT_LIMITS: UplinkLimits = {
  recordsPerPack: 200,
  packsInFlight: 8,
  connectTimeoutMs: 10_000,
  pubackTimeoutMs: 60_000,
  keepaliveSeconds: 30,
  retryFirstMs: 500,
  retryLongestMs: 60_000,
  refusedFirstMs: 5_000,
  refusedLongestMs: 60_000,
}

export const createUplink = async (options: UplinkOptions): Promise<Uplink> => {
  const { log, urls, device, random } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const stopping = new AbortController()
  let current: Connection | undefined
  let fill = (): void => undefined

  /** One connection from CONNECT to its end; true when it was a good one, so that the next wait begins small again. */
  const converse = async (url: string): Promise<boolean> => {
    const connection = await openConnection(connectionOptions(url, options, limits), stopping.signal)
    const startedMs = performance.now()
    let released = false
    current = connection
    // `close` may have come between the CONNACK and here, and found no connection to end.
    if (stopping.signal.aborted) connection.drop(new Error('the agent is closing'))
    try {
      // The birth first, alone: it declares the Datastreams that the packs name.
      await connection.publish(statusTopic(device), 'online', { retain: true })
      for (const part of birthMessages(options.birth)) {
        await connection.publish(birthTopic(device), part, { retain: true })
      }
      log.info({ broker: shownUrl(url) }, 'connected')
      fill = createPump(connection, options, limits, (rows) => {
        released = true
        options.onReleased(rows)
      })
      fill()
      const reason = await connection.closed
      if (!stopping.signal.aborted) log.warn({ broker: shownUrl(url), err: reason }, 'the connection ended')
    } catch (error) {
      connection.drop(toError(error))
      log.warn({ broker: shownUrl(url), err: error }, 'the connection ended')
    } finally {
      current = undefined
      fill = () => undefined
    }
    return released || performance.now() - startedMs > limits.retryLongestMs
  }

  const newWaits = () => ({
    unreachable: retrySchedule({ firstMs: limits.retryFirstMs, longestMs: limits.retryLongestMs, random }),
    refused: retrySchedule({ firstMs: limits.refusedFirstMs, longestMs: limits.refusedLongestMs, random }),
  })

  const run = async (): Promise<void> => {
    let waits = newWaits()
    for (let attempt = 0; !stopping.signal.aborted; attempt++) {
      const url = urls[attempt % urls.length] ?? ''
      let schedule = waits.unreachable
      try {
        if (await converse(url)) waits = newWaits()
      } catch (error) {
        if (stopping.signal.aborted) return
        if (error instanceof RefusedError) {
          schedule = waits.refused
          log.error(
            { broker: shownUrl(url), device },
            'the broker refused this device or its password: check both in the settings; "nadi devices add" makes a new one',
          )
        } else {
          log.warn(
            { broker: shownUrl(url), err: error },
            'the broker cannot be reached; readings are kept in the spool',
          )
        }
      }
      await sleep(schedule.next().value, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  const running = run()

  const close = async (): Promise<void> => {
    stopping.abort()
    const last = current
    if (last) {
      const goodbye = last.publish(statusTopic(device), 'offline', { retain: true })
      await Promise.race([goodbye.catch(() => undefined), sleep(GOODBYE_MS, undefined, { ref: false })])
      await last.leave()
    }
    await running
  }

  return {
    wake: () => fill(),
    get connected() {
      return current !== undefined
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

const GOODBYE_MS = 1_000

/** Sends packs from the oldest row on while fewer than `packsInFlight` are under way; call the result to go on. */
const createPump = (
  connection: Connection,
  { device, rows, log }: UplinkOptions,
  { recordsPerPack, packsInFlight }: UplinkLimits,
  onReleased: (rows: number) => void,
): (() => void) => {
  const topic = observationsTopic(device)
  let sentToId = 0
  let inFlight = 0

  const send = async (pack: readonly SpoolRow[], fromId: number, toId: number): Promise<void> => {
    try {
      await connection.publish(topic, encodePack(pack))
      rows.release(fromId, toId)
      onReleased(pack.length)
    } catch (error) {
      log.debug({ err: error, rows: pack.length }, 'a pack was not acknowledged and stays in the spool')
      connection.drop(toError(error))
    }
    inFlight -= 1
    fill()
  }

  const fill = (): void => {
    try {
      while (inFlight < packsInFlight && connection.open) {
        const pack = rows.oldest(recordsPerPack, sentToId)
        const first = pack[0]
        const last = pack.at(-1)
        if (!first || !last) return
        sentToId = last.id
        inFlight += 1
        void send(pack, first.id, last.id)
      }
    } catch (error) {
      connection.drop(toError(error))
    }
  }
  return fill
}

const connectionOptions = (url: string, options: UplinkOptions, limits: UplinkLimits): ConnectionOptions => ({
  url,
  device: options.device,
  password: options.password,
  ...(options.ca !== undefined && { ca: options.ca }),
  connectTimeoutMs: limits.connectTimeoutMs,
  pubackTimeoutMs: limits.pubackTimeoutMs,
  keepaliveSeconds: limits.keepaliveSeconds,
})

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

/** A URL as the log may show it: whatever stands before the `@` is a secret. */
const shownUrl = (url: string): string => url.replace(/\/\/[^@/]*@/, '//')
