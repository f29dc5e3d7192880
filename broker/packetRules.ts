import { isUtf8 } from 'node:buffer'
import { bodyOffset } from './framing.ts'
import { isTopicFilter } from './routing/topicFilter.ts'

/**
 * What a client's packet must be, by its bytes alone: flags, lengths, strings, packet ids. Aedes' parser (mqtt-packet)
 * lets much of it pass. What breaks a rule ends the connection [MQTT-4.8.0-1], some of it with a return code. Pure.
 */
export interface Violation {
  reason: string
  /** CONNACK is to say this first: 1 protocol level, 2 identifier. */
  returnCode?: 1 | 2
}

/** `bytes[start]` to `bytes[end]` is one whole packet. */
export const violationOf = (bytes: Buffer, start: number, end: number): Violation | undefined => {
  const header = bytes[start] ?? 0
  const body = bodyOffset(bytes, start)
  // PUBLISH first: it is what comes a hundred thousand times a second.
  if (header >> 4 === PUBLISH) return badPublish(bytes, header & 0xf, body, end)
  const rule = RULES.get(header)
  if (rule === undefined) return { reason: `a client sends no packet that begins with ${header}` }
  return rule(bytes, body, end)
}

const PUBLISH = 3

type Rule = (bytes: Buffer, body: number, end: number) => Violation | undefined

const bad = (reason: string): Violation => ({ reason })

const badPublish = (bytes: Buffer, flags: number, body: number, end: number): Violation | undefined => {
  const qos = (flags >> 1) & 3
  if (qos === 3) return bad('a PUBLISH of QoS 3')
  // [MQTT-3.3.1-2]
  if (qos === 0 && flags & 8) return bad('a PUBLISH of QoS 0 that is marked as repeated')
  const topicEnd = stringEnd(bytes, body, end)
  if (topicEnd === undefined || topicEnd === body + 2) return bad('a PUBLISH without a topic')
  if (!isTopicName(bytes, body + 2, topicEnd)) return bad('a topic that is ill-formed or has a wildcard')
  if (qos > 0 && !hasPacketId(bytes, topicEnd, end)) return bad('a PUBLISH without a packet id')
  return undefined
}

/** Well-formed, no U+0000, no wildcard. Almost all topics are ASCII, which one loop can tell. */
const isTopicName = (bytes: Buffer, from: number, to: number): boolean => {
  let ascii = true
  for (let i = from; i < to; i++) {
    const byte = bytes[i] ?? 0
    if (byte === 0 || byte === HASH || byte === PLUS) return false
    if (byte >= 0x80) ascii = false
  }
  return ascii || isUtf8(bytes.subarray(from, to))
}

const HASH = 0x23
const PLUS = 0x2b

/** Where the string or binary field at `at` ends, or undefined when the packet ends before it. */
const stringEnd = (bytes: Buffer, at: number, end: number): number | undefined => {
  if (at + 2 > end) return undefined
  const to = at + 2 + bytes.readUInt16BE(at)
  return to > end ? undefined : to
}

/** [MQTT-1.5.3-1] [MQTT-1.5.3-2]; undefined when it is ill-formed or not whole. */
const readString = (bytes: Buffer, at: number, end: number): { text: string; next: number } | undefined => {
  const next = stringEnd(bytes, at, end)
  if (next === undefined) return undefined
  const field = bytes.subarray(at + 2, next)
  return isUtf8(field) && !field.includes(0) ? { text: field.toString(), next } : undefined
}

/** [MQTT-2.3.1-1] */
const hasPacketId = (bytes: Buffer, at: number, end: number): boolean =>
  at + 2 <= end && bytes.readUInt16BE(at) !== 0

const badConnect: Rule = (bytes, body, end) => {
  const protocol = readString(bytes, body, end)
  if (protocol === undefined) return bad('a CONNECT without a protocol name')
  if (protocol.next + 4 > end) return bad('a CONNECT that is too short')
  const level = bytes[protocol.next] ?? 0
  if (protocol.text !== 'MQTT' && protocol.text !== 'MQIsdp') return bad('not the protocol MQTT')
  if (level !== (protocol.text === 'MQTT' ? 4 : 3)) {
    return { reason: `protocol level ${level} is not served`, returnCode: 1 }
  }
  const flags = bytes[protocol.next + 1] ?? 0
  return badFlags(flags) ?? badPayload(bytes, protocol.next + 4, end, flags)
}

const CLEAN = 0x02
const WILL = 0x04
const PASSWORD = 0x40
const USER_NAME = 0x80

const badFlags = (flags: number): Violation | undefined => {
  if (flags & 1) return bad('a CONNECT with the reserved flag')
  if (!(flags & WILL) && flags & 0x38) return bad('a CONNECT with the flags of a will but no will')
  if ((flags & 0x18) === 0x18) return bad('a will of QoS 3')
  if (flags & PASSWORD && !(flags & USER_NAME)) return bad('a password without a user name')
  return undefined
}

const badPayload = (bytes: Buffer, at: number, end: number, flags: number): Violation | undefined => {
  const clientId = readString(bytes, at, end)
  if (clientId === undefined) return bad('a client id that is ill-formed')
  let next: number | undefined = clientId.next
  if (flags & WILL) {
    const topicEnd = readString(bytes, next, end)?.next
    if (topicEnd === undefined || topicEnd === next + 2) return bad('a will without a topic')
    if (!isTopicName(bytes, next + 2, topicEnd)) return bad('a will whose topic has a wildcard')
    next = stringEnd(bytes, topicEnd, end)
    if (next === undefined) return bad('a will without a message')
  }
  if (flags & USER_NAME) next = readString(bytes, next, end)?.next
  if (next === undefined) return bad('a user name that is missing or ill-formed')
  if (flags & PASSWORD) next = stringEnd(bytes, next, end)
  if (next !== end) return bad('a CONNECT whose fields and flags disagree')
  // [MQTT-3.1.3-8]
  if (clientId.text === '' && !(flags & CLEAN)) {
    return { reason: 'a session that is to be kept needs a client id', returnCode: 2 }
  }
  return undefined
}

const onlyPacketId: Rule = (bytes, body, end) =>
  end - body === 2 && hasPacketId(bytes, body, end) ? undefined : bad('an acknowledgement of no packet id')

const empty: Rule = (_bytes, body, end) =>
  body === end ? undefined : bad('a packet with a body where none belongs')

/** `optionBytes` follow each filter: the QoS of a SUBSCRIBE. */
const filters =
  (optionBytes: 0 | 1): Rule =>
  (bytes, body, end) => {
    if (!hasPacketId(bytes, body, end)) return bad('no packet id')
    let at = body + 2
    if (at === end) return bad('no topic filter')
    while (at < end) {
      const filter = readString(bytes, at, end)
      if (filter === undefined || !isTopicFilter(filter.text)) return bad('a topic filter that is ill-formed')
      at = filter.next + optionBytes
      if (at > end || (optionBytes === 1 && (bytes[at - 1] ?? 3) > 2)) return bad('a QoS that there is not')
    }
    return undefined
  }

/** By the first byte: type and reserved flags [MQTT-2.2.2-2]. What stands not here, a client does not send. */
const RULES: ReadonlyMap<number, Rule> = new Map([
  [0x10, badConnect],
  [0x40, onlyPacketId],
  [0x50, onlyPacketId],
  [0x62, onlyPacketId],
  [0x70, onlyPacketId],
  [0x82, filters(1)],
  [0xa2, filters(0)],
  [0xc0, empty],
  [0xe0, empty],
])

/** The keep-alive that a CONNECT announces, in seconds. The packet breaks no rule. */
export const keepAliveSeconds = (bytes: Buffer, start: number): number => {
  const body = bodyOffset(bytes, start)
  return bytes.readUInt16BE(body + 2 + bytes.readUInt16BE(body) + 2)
}
