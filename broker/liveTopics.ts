import { datastreamTopic, matchTopic } from '../city/topics.ts'
import type { CommittedReading } from '../store/intake.ts'

/**
 * Live updates over MQTT: which Datastreams somebody listens to, and at most one message a second for each. Committed
 * readings that nobody listens to cost nothing but a look-up.
 */
export interface LiveTopics {
  /** A connection subscribed to `filter`, or let go of it. */
  subscribed(connection: object, filter: string): void
  unsubscribed(connection: object, filter: string): void
  gone(connection: object): void
  committed(readings: readonly CommittedReading[]): void
  close(): void
}

export interface LiveTopicsParts {
  /** Sends one update. */
  send: (topic: string, reading: CommittedReading) => void
  now: () => number
  intervalMs?: number
}

const INTERVAL_MS = 1000

export const createLiveTopics = ({ send, now, intervalMs = INTERVAL_MS }: LiveTopicsParts): LiveTopics => {
  const filters = new Map<object, Set<string>>()
  // How many filters ask for one Datastream, and how many for all by a wildcard.
  const wanted = new Map<number, number>()
  let wantedAll = 0
  const sentMs = new Map<number, number>()
  // What waits for its Datastream's second to be over: the reading with the greatest time.
  const waiting = new Map<number, CommittedReading>()
  let timer: NodeJS.Timeout | undefined

  const count = (filter: string, change: 1 | -1): void => {
    const id = datastreamOf(filter)
    if (id === undefined) {
      if (mayMatchDatastreams(filter)) wantedAll += change
      return
    }
    const left = (wanted.get(id) ?? 0) + change
    if (left > 0) wanted.set(id, left)
    else wanted.delete(id)
  }

  const sendNow = (reading: CommittedReading, nowMs: number): void => {
    sentMs.set(reading.datastreamId, nowMs)
    send(datastreamTopic(reading.datastreamId), reading)
  }

  /** True also after the clock was set back: a Datastream must not fall silent by it. */
  const isOver = (lastMs: number | undefined, nowMs: number): boolean =>
    lastMs === undefined || nowMs - lastMs >= intervalMs || nowMs < lastMs

  const flush = (): void => {
    timer = undefined
    const nowMs = now()
    for (const [id, reading] of waiting) {
      if (!isOver(sentMs.get(id), nowMs)) continue
      waiting.delete(id)
      sendNow(reading, nowMs)
    }
    schedule()
  }

  const schedule = (): void => {
    if (waiting.size === 0 || timer !== undefined) return
    timer = setTimeout(flush, intervalMs / 10)
    timer.unref()
  }

  const offer = (reading: CommittedReading, nowMs: number): void => {
    const { datastreamId } = reading
    if (isOver(sentMs.get(datastreamId), nowMs)) {
      waiting.delete(datastreamId)
      sendNow(reading, nowMs)
      return
    }
    const other = waiting.get(datastreamId)
    if (other === undefined || other.timeMs <= reading.timeMs) waiting.set(datastreamId, reading)
  }

  const unsubscribed = (connection: object, filter: string): void => {
    if (filters.get(connection)?.delete(filter)) count(filter, -1)
  }

  return {
    subscribed(connection, filter) {
      const own = filters.get(connection) ?? new Set()
      filters.set(connection, own)
      if (own.has(filter)) return
      own.add(filter)
      count(filter, 1)
    },
    unsubscribed,
    gone(connection) {
      for (const filter of filters.get(connection) ?? []) count(filter, -1)
      filters.delete(connection)
      if (wantedAll === 0 && wanted.size === 0) {
        sentMs.clear()
        waiting.clear()
      }
    },
    committed(readings) {
      if (wantedAll === 0 && wanted.size === 0) return
      const nowMs = now()
      for (const reading of newestOfEach(readings)) {
        if (wantedAll > 0 || wanted.has(reading.datastreamId)) offer(reading, nowMs)
      }
      schedule()
    },
    close() {
      clearTimeout(timer)
    },
  }
}

/** The Datastream that a filter without wildcards names. */
const datastreamOf = (filter: string): number | undefined => {
  const match = matchTopic(filter)
  return match?.kind === 'datastream' ? match.datastreamId : undefined
}

/** True for a filter with a wildcard that matches topics of Datastreams. */
export const mayMatchDatastreams = (filter: string): boolean => {
  const levels = filter.split('/')
  const topic = ['v1.1', undefined, 'Observations']
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i]
    if (level === '#') return i <= 3
    if (i >= 3) return false
    if (level !== '+' && level !== topic[i]) return false
  }
  return levels.length === 3
}

/** A pack may hold a whole day of a Datastream: only the reading with its greatest time is news. */
const newestOfEach = (readings: readonly CommittedReading[]): Iterable<CommittedReading> => {
  if (readings.length === 1) return readings
  const newest = new Map<number, CommittedReading>()
  for (const reading of readings) {
    const other = newest.get(reading.datastreamId)
    if (other === undefined || other.timeMs <= reading.timeMs) newest.set(reading.datastreamId, reading)
  }
  return newest.values()
}
