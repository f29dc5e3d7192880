/** An application message on its way to subscribers, and how it is written (MQTT 3.1.1, section 3.3). */
export interface Message {
  topic: string
  payload: Buffer
  qos: Qos
  retain: boolean
}

export type Qos = 0 | 1 | 2

/** A PUBLISH packet. `packetId` is left out at QoS 0 [MQTT-2.3.1-5]. */
export const encodePublish = (
  { topic, payload, qos, retain }: Message,
  { packetId = 0, dup = false }: { packetId?: number; dup?: boolean } = {},
): Buffer => {
  const name = Buffer.from(topic)
  const remaining = 2 + name.length + (qos > 0 ? 2 : 0) + payload.length
  const head = [0x30 | (dup ? 0x08 : 0) | (qos << 1) | (retain ? 1 : 0)]
  let rest = remaining
  do {
    head.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
    rest >>>= 7
  } while (rest > 0)
  head.push(name.length >> 8, name.length & 0xff)
  const id = qos > 0 ? [packetId >> 8, packetId & 0xff] : []
  return Buffer.concat([Buffer.from(head), name, Buffer.from(id), payload])
}

/** A PUBREL packet, with the flags that it must have [MQTT-3.6.1-1]. */
export const encodePubrel = (packetId: number): Buffer =>
  Buffer.from([0x62, 2, packetId >> 8, packetId & 0xff])

/** A SUBACK packet: one return code for each filter, in their order [MQTT-3.9.3-1]. */
export const encodeSuback = (packetId: number, codes: readonly number[]): Buffer => {
  const remaining = 2 + codes.length
  const head = remaining < 0x80 ? [0x90, remaining] : [0x90, (remaining & 0x7f) | 0x80, remaining >> 7]
  return Buffer.from([...head, packetId >> 8, packetId & 0xff, ...codes])
}
