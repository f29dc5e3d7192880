import type { Logger } from 'pino'
import { createTokenBucket } from '../city/tokenBucket.ts'
import { birthTopic, statusTopic } from '../city/topics.ts'
import { birthMessages } from './birthMessages.ts'
import type { Clock } from './clock.ts'
import { type Connection, type Credentials, type OpenConnection, RefusedError } from './connection.ts'
import type { Birth } from './driver.ts'
import { createIsolation } from './isolation.ts'
import { createPump, type PumpOptions } from './pump.ts'
import { retrySchedule } from './retrySchedule.ts'
import { whyUnreachable } from './unreachable.ts'
import { DEFAULT_LIMITS, type UplinkLimits } from './uplinkLimits.ts'

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
  /** Asked before each connection, so that a rotated password or certificate needs no restart. */
  credentials: () => Promise<Credentials>
  birth: Birth
  rows: PumpOptions['rows']
  /** Called after each release with how many rows it was. */
  onReleased: (rows: number) => void
  openConnection: OpenConnection
  clock: Clock
  log: Logger
  random: () => number
  limits?: Partial<UplinkLimits>
}

export const createUplink = async (options: UplinkOptions): Promise<Uplink> => {
  const { log, urls, device, random, clock } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const stopping = new AbortController()
  const isolation = createIsolation(limits, () => clock.nowMs())
  const backlogRate = createTokenBucket(
    { perSecond: limits.backlogRowsPerSecond, burst: limits.backlogRowsPerSecond },
    () => clock.nowMs(),
  )
  let current: Connection | undefined
  let fill = (): void => undefined

  /** One connection from CONNECT to its end; true when it was a good one, so that the next wait begins small again. */
  const converse = async (url: string): Promise<boolean> => {
    const { pubackTimeoutMs, connectTimeoutMs, keepaliveSeconds, recordsPerPack, packsInFlight } = limits
    const connection = await options.openConnection(
      { url, device, ...(await options.credentials()), pubackTimeoutMs, connectTimeoutMs, keepaliveSeconds },
      stopping.signal,
    )
    const startedMs = clock.nowMs()
    let released = false
    current = connection
    const ended = new AbortController()
    const pump = createPump({
      ...options,
      connection,
      isolation,
      backlogRate,
      recordsPerPack,
      packsInFlight,
      onReleased(rows) {
        released = true
        options.onReleased(rows)
      },
      signal: ended.signal,
    })
    // `close` may have come between the CONNACK and here, and found no connection to end.
    if (stopping.signal.aborted) connection.drop(new Error('the agent is closing'))
    try {
      // The birth first, alone: it declares the Datastreams that the packs name.
      await connection.publish(statusTopic(device), 'online', { retain: true })
      for (const part of birthMessages(options.birth)) {
        await connection.publish(birthTopic(device), part, { retain: true })
      }
      log.info({ broker: shownUrl(url) }, 'connected')
      fill = () => pump.fill()
      fill()
      const reason = await connection.closed
      if (!stopping.signal.aborted)
        log.warn({ broker: shownUrl(url), reason: reason.message }, 'the connection ended')
    } catch (error) {
      connection.drop(error instanceof Error ? error : new Error(String(error)))
      const reason = error instanceof Error ? error.message : String(error)
      log.warn({ broker: shownUrl(url), reason }, 'the connection ended')
    } finally {
      current = undefined
      fill = () => undefined
      ended.abort()
    }
    if (!stopping.signal.aborted) isolation.ended(pump.unacknowledged())
    return released || clock.nowMs() - startedMs > limits.retryLongestMs
  }

  const newWaits = () => ({
    unreachable: retrySchedule({ firstMs: limits.retryFirstMs, longestMs: limits.retryLongestMs, random }),
    refused: retrySchedule({ firstMs: limits.refusedFirstMs, longestMs: limits.refusedLongestMs, random }),
  })

  const tellFailure = (url: string, error: unknown, nextTrySeconds: number): void => {
    const broker = shownUrl(url)
    if (error instanceof RefusedError) {
      log.error(
        { broker, device, nextTrySeconds },
        'the broker refused this device or its password or certificate: check them in the settings; "nadi devices add" makes a new password',
      )
      return
    }
    const { code, toDo } = whyUnreachable(error)
    log.warn(
      { broker, code, nextTrySeconds },
      `the broker cannot be reached: ${toDo}; readings are kept in the spool`,
    )
  }

  const run = async (): Promise<void> => {
    let waits = newWaits()
    for (let attempt = 0; !stopping.signal.aborted; attempt++) {
      const url = urls[attempt % urls.length] ?? ''
      let schedule = waits.unreachable
      let failure: unknown
      try {
        if (await converse(url)) {
          waits = newWaits()
          schedule = waits.unreachable
        }
      } catch (error) {
        if (stopping.signal.aborted) return
        failure = error
        if (error instanceof RefusedError) schedule = waits.refused
      }
      const waitMs = schedule.next().value
      if (failure !== undefined) tellFailure(url, failure, Math.ceil(waitMs / 1000))
      await clock.sleep(waitMs, stopping.signal)
    }
  }
  const running = run()

  const close = async (): Promise<void> => {
    stopping.abort()
    const last = current
    if (last) {
      const goodbye = last.publish(statusTopic(device), 'offline', { retain: true })
      await Promise.race([goodbye.catch(() => undefined), clock.sleep(GOODBYE_MS)])
      await last.leave()
    }
    await running
  }

  return {
    wake: () => fill(),
    get connected() {
      return current?.open ?? false
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

const GOODBYE_MS = 1_000

/** A URL as the log may show it: whatever stands before the `@` is a secret. */
const shownUrl = (url: string): string => url.replace(/\/\/[^@/]*@/, '//')
