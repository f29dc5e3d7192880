import type { Logger } from 'pino'
import type { Reading } from '../city/observation.ts'
import { whyNotEncodable } from '../city/senml.ts'
import { createSystemClock } from './clock.ts'
import { type EdgeConfig, readCredentials } from './config.ts'
import { openConnection } from './connection.ts'
import type { Driver } from './driver.ts'
import { createPulse, type Pulse } from './pulse.ts'
import { createSpool, type SpoolStats } from './spool.ts'
import { createUplink } from './uplink.ts'
import type { UplinkLimits } from './uplinkLimits.ts'

/** One building's agent: driver -> spool -> uplink. */
export interface Agent extends AsyncDisposable {
  /**
   * Resolves when the driver's source has ended and everything is acknowledged, or when the agent was closed;
   * rejects when the driver or the spool fails.
   */
  readonly finished: Promise<void>
  stats(): AgentStats
  /** Stops reading, lets the uplink drain briefly, then closes in reverse order. What is left stays in the spool. */
  close(): Promise<void>
}

export interface AgentStats extends SpoolStats {
  /** Readings that the driver has given since the start. */
  read: number
  /** Readings that cannot be sent (no finite value, an impossible time): logged and left out. */
  refused: number
  /** Readings that the broker has acknowledged since the start, repetitions included. */
  acknowledged: number
  connected: boolean
}

export interface AgentOptions {
  config: EdgeConfig
  /** Closed with the agent. */
  driver: Driver
  log: Logger
  now: () => number
  random: () => number
  /** Closes the agent when it aborts. */
  signal?: AbortSignal
  limits?: Partial<UplinkLimits>
}

/** A source that can wait is held back while more rows than this are unacknowledged, or half the spool is full. */
const ROWS_AHEAD = 10_000
const DRAIN_MS = 1_500
/** How soon a reading that found the disk full is tried again. */
const TRY_AGAIN_MS = 1_000

/** Opens the spool, connects and begins to read. Throws when the spool cannot be opened. */
export const createAgent = async (options: AgentOptions): Promise<Agent> => {
  const { config, driver, log, now } = options
  const canWait = driver.canWait ?? false
  const clock = createSystemClock()
  const spool = createSpool({ ...config.spool, log, now })
  const released = createPulse()
  const counters = { read: 0, refused: 0, acknowledged: 0 }
  const uplink = await createUplink({
    urls: config.urls,
    device: config.device,
    credentials: () => readCredentials(config.proof),
    birth: driver.describe(),
    rows: spool,
    onReleased(rows) {
      counters.acknowledged += rows
      released.beat()
    },
    openConnection,
    clock,
    log,
    random: options.random,
    limits: { backlogRowsPerSecond: config.backlogPerSecond, ...options.limits },
  })
  const stopping = new AbortController()
  const ticker =
    config.publishIntervalMs > 0 ? setInterval(() => uplink.wake(), config.publishIntervalMs) : undefined

  const isEmpty = (): boolean => spool.stats().count === 0
  const hasRoom = (): boolean => {
    const { count, bytes } = spool.stats()
    return count <= ROWS_AHEAD && bytes <= config.spool.maxBytes / 2
  }

  const sendable = (readings: readonly Reading[]): readonly Reading[] =>
    readings.filter((reading) => {
      const reason = whyNotEncodable(reading)
      if (reason === undefined) return true
      counters.refused += 1
      log.warn({ datastream: reading.datastream, reason }, 'a reading of the driver cannot be sent')
      return false
    })

  /** A full disk holds back a source that can wait, until rows are released or the disk has room again. */
  const keep = async (readings: readonly Reading[]): Promise<void> => {
    for (;;) {
      try {
        spool.append(readings, { canWait: canWait && !stopping.signal.aborted })
        return
      } catch (error) {
        log.debug({ err: error }, 'the source is held back')
        await Promise.race([released.next(), clock.sleep(TRY_AGAIN_MS, stopping.signal)])
      }
    }
  }

  /** Reads until the source ends, then waits until the broker has everything. */
  const run = async (): Promise<void> => {
    for await (const readings of driver.read(stopping.signal)) {
      await keep(sendable(readings))
      counters.read += readings.length
      if (!ticker) uplink.wake()
      if (canWait) await waitUntil(hasRoom, released, stopping.signal)
    }
    if (stopping.signal.aborted) return
    uplink.wake()
    await waitUntil(isEmpty, released, stopping.signal)
  }
  const finished = run()
  // Whoever awaits `finished` hears of a failure; that nobody does must not end the process.
  finished.catch((error: unknown) => log.error({ err: error }, 'the agent has stopped reading'))

  const closeOnce = async (): Promise<void> => {
    stopping.abort()
    clearInterval(ticker)
    await Promise.race([finished.catch(() => undefined), clock.sleep(DRIVER_STOP_MS)])
    uplink.wake()
    await waitUntil(isEmpty, released, AbortSignal.timeout(uplink.connected ? DRAIN_MS : 0))
    await uplink.close()
    spool.close()
    await driver[Symbol.asyncDispose]()
  }
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= closeOnce())
  const closeOnAbort = (): void => {
    close().catch((error: unknown) => log.error({ err: error }, 'the agent did not close cleanly'))
  }
  if (options.signal?.aborted) closeOnAbort()
  else options.signal?.addEventListener('abort', closeOnAbort, { once: true })

  return {
    finished,
    stats: () => ({ ...spool.stats(), ...counters, connected: uplink.connected }),
    close,
    [Symbol.asyncDispose]: close,
  }
}

const DRIVER_STOP_MS = 1_000

/** Waits until the condition holds, asking again after each release, or until the signal aborts. */
const waitUntil = async (holds: () => boolean, released: Pulse, signal: AbortSignal): Promise<void> => {
  if (signal.aborted) return
  const aborted = Promise.withResolvers<void>()
  const abort = (): void => aborted.resolve()
  signal.addEventListener('abort', abort, { once: true })
  try {
    while (!holds() && !signal.aborted) await Promise.race([released.next(), aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
