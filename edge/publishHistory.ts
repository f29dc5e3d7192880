import type { Reading } from '../city/observation.ts'
import { encodePack } from '../city/senml.ts'
import { birthTopic, observationsTopic } from '../city/topics.ts'
import { birthMessages } from './birthMessages.ts'
import { type Connection, openConnection } from './connection.ts'
import { type HistoryOptions, generateHistory, historyBirth } from './history.ts'

export interface PublishHistoryOptions extends HistoryOptions {
  url: string
  device: string
  password: string
  /** Called after each acknowledged pack with how many readings it had. */
  onAcknowledged?: (readings: number) => void
  signal: AbortSignal
  recordsPerPack?: number
  packsInFlight?: number
}

/**
 * Publishes a building's simulated past as its device would have: birth, then packs at QoS 1, several under way and
 * none kept on disk, for it can be made again. Resolves with the number of readings once all are acknowledged;
 * rejects when the connection ends before. To run it again is safe: the same readings replace themselves.
 */
export const publishHistory = async (options: PublishHistoryOptions): Promise<number> => {
  const { url, device, password, signal, packsInFlight = 16 } = options
  const connection = await openConnection({ url, device, password, ...TIMES }, signal)
  try {
    // The birth first, alone: it declares the Datastreams that the packs name.
    for (const part of birthMessages(historyBirth(options))) {
      await connection.publish(birthTopic(device), part, { retain: true })
    }
    return await sendAll(connection, options, packsInFlight)
  } finally {
    await connection.leave()
  }
}

const TIMES = { connectTimeoutMs: 10_000, pubackTimeoutMs: 60_000, keepaliveSeconds: 30 }

const sendAll = async (
  connection: Connection,
  options: PublishHistoryOptions,
  packsInFlight: number,
): Promise<number> => {
  const { device, signal, onAcknowledged } = options
  const underWay = new Set<Promise<void>>()
  let failure: { error: unknown } | undefined
  let sent = 0
  for (const pack of packsOf(generateHistory(options), options.recordsPerPack ?? 250)) {
    signal.throwIfAborted()
    if (failure) break
    const publishing = connection
      .publish(observationsTopic(device), encodePack(pack))
      .then(
        () => onAcknowledged?.(pack.length),
        (error: unknown) => {
          failure ??= { error }
        },
      )
      .finally(() => underWay.delete(publishing))
    underWay.add(publishing)
    sent += pack.length
    if (underWay.size >= packsInFlight) await Promise.race(underWay)
  }
  await Promise.all(underWay)
  if (failure) throw failure.error
  return sent
}

/** Whole steps joined until a pack holds about as many readings as asked. */
function* packsOf(steps: Iterable<Reading[]>, recordsPerPack: number): Generator<Reading[], void> {
  let pack: Reading[] = []
  for (const readings of steps) {
    if (pack.length > 0 && pack.length + readings.length > recordsPerPack) {
      yield pack
      pack = []
    }
    pack.push(...readings)
  }
  if (pack.length > 0) yield pack
}
