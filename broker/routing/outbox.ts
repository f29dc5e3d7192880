import { encodePublish, encodePubrel, type Message } from './message.ts'

/**
 * What one session is still owed at QoS 1 and 2: in order, a bounded number of messages in flight, sent again with
 * their packet ids when the client returns [MQTT-4.4.0-1]. Bounded; what has no room is dropped and counted.
 */
export interface Outbox {
  /** Takes a message over, and sends it when there is a link and room in flight. False when it had no room. */
  add(message: Message): boolean
  /** The client is there: what is in flight is sent again, then what waits. */
  attach(link: Link): void
  /** PUBACK came. Ids that are not in flight are ignored, as in all that follow. */
  acknowledged(packetId: number): void
  /** PUBREC came: from here on PUBREL is owed, not the message [MQTT-4.3.3-1]. */
  received(packetId: number): void
  /** PUBCOMP came. */
  completed(packetId: number): void
}

export interface Link {
  /** False once the connection has ended. */
  isOpen(): boolean
  write(bytes: Buffer): void
  /** Asked for each message when it is sent: rights may have changed since it was queued. */
  mayReceive(topic: string): boolean
}

export interface OutboxLimits {
  /** Messages that a session keeps, in flight or not, and their bytes. */
  maxQueued: number
  maxQueuedBytes: number
  /** Messages, and their bytes, sent and not acknowledged. */
  maxInFlight: number
  maxInFlightBytes: number
}

export const createOutbox = (limits: OutboxLimits): Outbox => {
  const waiting: Message[] = []
  // Insertion order is the order of sending [MQTT-4.6.0-1] and of PUBREC [MQTT-4.6.0-4].
  const sent = new Map<number, Message>()
  const released = new Set<number>()
  let bytes = 0
  let sentBytes = 0
  let lastId = 0
  let link: Link | undefined

  /** An id that is not in use [MQTT-2.3.1-4]: there are more ids than messages in flight. */
  const nextId = (): number => {
    do lastId = lastId >= 0xffff ? 1 : lastId + 1
    while (sent.has(lastId) || released.has(lastId))
    return lastId
  }

  const hasRoom = (next: Message): boolean =>
    sent.size + released.size < limits.maxInFlight &&
    (sent.size === 0 || sentBytes + sizeOf(next) <= limits.maxInFlightBytes)

  const pump = (): void => {
    while (link?.isOpen()) {
      const next = waiting[0]
      if (next === undefined || !hasRoom(next)) return
      waiting.shift()
      if (!link.mayReceive(next.topic)) {
        bytes -= sizeOf(next)
        continue
      }
      const packetId = nextId()
      sent.set(packetId, next)
      sentBytes += sizeOf(next)
      link.write(encodePublish(next, { packetId }))
    }
  }

  const settle = (packetId: number): void => {
    const message = sent.get(packetId)
    if (message === undefined) return
    sent.delete(packetId)
    sentBytes -= sizeOf(message)
    bytes -= sizeOf(message)
  }

  return {
    add(message) {
      const count = waiting.length + sent.size + released.size
      if (count >= limits.maxQueued || bytes + sizeOf(message) > limits.maxQueuedBytes) return false
      waiting.push(message)
      bytes += sizeOf(message)
      pump()
      return true
    },
    attach(newLink) {
      link = newLink
      for (const packetId of released) link.write(encodePubrel(packetId))
      for (const [packetId, message] of sent) {
        if (link.mayReceive(message.topic)) link.write(encodePublish(message, { packetId, dup: true }))
        else settle(packetId)
      }
      pump()
    },
    acknowledged(packetId) {
      if (sent.get(packetId)?.qos === 1) settle(packetId)
      pump()
    },
    received(packetId) {
      if (sent.get(packetId)?.qos !== 2) return
      settle(packetId)
      released.add(packetId)
    },
    completed(packetId) {
      // Aedes tells of no PUBREC of a clean session, which it answers by itself.
      if (sent.get(packetId)?.qos === 2) settle(packetId)
      released.delete(packetId)
      pump()
    },
  }
}

const sizeOf = ({ topic, payload }: Message): number => 2 * topic.length + payload.length + OVERHEAD_BYTES

/** What a queued message costs beside its text, roughly. */
const OVERHEAD_BYTES = 200
