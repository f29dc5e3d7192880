import type { Message } from './message.ts'
import { filterMatches } from './topicFilter.ts'

/** The last retained message of each topic: in memory, bounded in number and bytes. */
export interface Retained {
  /** Keeps a message, or removes the topic's by an empty one. What has no room is not kept, and counted. */
  keep(message: Message): void
  matching(filter: string): Message[]
  /** How many messages were not kept. */
  dropped(): number
}

export interface RetainedLimits {
  maxRetained: number
  maxRetainedBytes: number
}

export const createRetained = ({ maxRetained, maxRetainedBytes }: RetainedLimits): Retained => {
  const kept = new Map<string, Message>()
  let bytes = 0
  let dropped = 0

  const remove = (topic: string): void => {
    const old = kept.get(topic)
    if (old === undefined) return
    kept.delete(topic)
    bytes -= sizeOf(old)
  }

  return {
    keep(message) {
      const { topic } = message
      // What was kept of the topic is outdated in any case [MQTT-3.3.1-7, -10].
      remove(topic)
      if (message.payload.length === 0) return
      if (kept.size >= maxRetained || bytes + sizeOf(message) > maxRetainedBytes) {
        dropped += 1
        return
      }
      kept.set(topic, message)
      bytes += sizeOf(message)
    },
    matching(filter) {
      if (!filter.includes('+') && !filter.includes('#')) {
        const only = kept.get(filter)
        return only === undefined ? [] : [only]
      }
      return kept
        .values()
        .filter(({ topic }) => filterMatches(filter, topic))
        .toArray()
    },
    dropped: () => dropped,
  }
}

const sizeOf = ({ topic, payload }: Message): number => 2 * topic.length + payload.length
