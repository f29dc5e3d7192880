import type { Client } from 'aedes'
import type { Logger } from 'pino'
import { datastreamTopic, matchTopic } from '../city/topics.ts'
import type { Datastream, DatastreamTable } from '../store/catalogue/catalogue.ts'
import type { Intake } from '../store/intake.ts'
import type { ObservationStore } from '../store/observations.ts'
import { createLiveTopics, mayMatchDatastreams } from './liveTopics.ts'
import { observationMessage } from './observationMessage.ts'
import type { Router } from './router.ts'

/**
 * Joins committed readings to subscribers: updates while somebody listens, and the latest from the store to whoever
 * has just subscribed.
 */
export interface LiveUpdates {
  subscribed(client: Client, filter: string): void
  gone(client: Client): void
  close(): void
}

export interface LiveUpdatesParts {
  router: Router
  intake: Pick<Intake, 'onCommit'>
  observations: Pick<ObservationStore, 'latest'>
  datastreams: Pick<DatastreamTable, 'byId' | 'list'>
  mayRead: (client: Client, topic: string) => boolean
  now: () => number
  log: Logger
}

export const createLiveUpdates = (parts: LiveUpdatesParts): LiveUpdates => {
  const { router, intake, observations, datastreams, mayRead, now, log } = parts
  const topics = createLiveTopics({
    now,
    send(topic, reading) {
      const payload = observationMessage(reading, { id: reading.datastreamId, path: reading.datastream })
      router.publish({ topic, payload, qos: 0, retain: false })
    },
  })

  const sendLatest = async (client: Client, filters: readonly string[]): Promise<void> => {
    const wanted = filters
      .flatMap((filter) => matched(filter))
      .filter(({ id }) => mayRead(client, datastreamTopic(id)))
    if (wanted.length === 0) return
    const latest = await observations.latest(wanted.map(({ id }) => id))
    for (const datastream of wanted) {
      const sample = latest.get(datastream.id)
      if (sample === undefined || client.closed) continue
      const topic = datastreamTopic(datastream.id)
      router.sendTo(client, { topic, payload: observationMessage(sample, datastream), qos: 0, retain: true })
    }
  }

  const matched = (filter: string): readonly Datastream[] => {
    const match = matchTopic(filter)
    if (match?.kind === 'datastream') {
      const datastream = datastreams.byId(match.datastreamId)
      return datastream === undefined ? [] : [datastream]
    }
    return mayMatchDatastreams(filter) ? datastreams.list() : []
  }

  router.on('subscribe', (subscriptions, client) => {
    const filters = subscriptions.filter(({ qos }) => isGranted(qos)).map(({ topic }) => topic)
    sendLatest(client, filters).catch((error: unknown) =>
      log.warn({ err: error, client: client.id }, 'the latest values could not be sent to a subscriber'),
    )
  })
  router.on('unsubscribe', (filters, client) => {
    for (const filter of filters) topics.unsubscribed(client, filter)
  })
  const stop = intake.onCommit((readings) => topics.committed(readings))

  return {
    subscribed: (client, filter) => topics.subscribed(client, filter),
    gone: (client) => topics.gone(client),
    close() {
      stop()
      topics.close()
    },
  }
}

/** Refused filters stand among the granted ones with the return code 128 (MQTT 3.1.1, section 3.9.3). */
const isGranted = (qos: number): boolean => qos <= 2
