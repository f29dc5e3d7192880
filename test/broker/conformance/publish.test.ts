import { generate } from 'mqtt-packet'
import { describe, expect, it } from 'vitest'
import { conformance, frame, publish, publishPacket, str, u16 } from './peer.ts'

describe('PUBLISH', () => {
  const { client, listener } = conformance()

  it('of QoS 0, 1 and 2 is answered as its QoS asks, with its packet id', async () => {
    const sender = await client('sender')
    sender.send(publishPacket('flow', '0'))
    await sender.nothing()
    sender.send(publishPacket('flow', '1', { qos: 1, messageId: 0xffff }))
    expect((await sender.next('puback')).messageId).toBe(0xffff)
    sender.send(publishPacket('flow', '2', { qos: 2, messageId: 258 }))
    expect((await sender.next('pubrec')).messageId).toBe(258)
    sender.send({ cmd: 'pubrel', messageId: 258 })
    expect((await sender.next('pubcomp')).messageId).toBe(258)
  })

  it.each([
    ['both QoS bits', frame(0x36, str('t'), u16(1))],
    ['the mark of a repetition at QoS 0', frame(0x38, str('t'))],
    ['the packet id 0', frame(0x32, str('t'), u16(0))],
    ['no packet id at QoS 2', frame(0x34, str('t'))],
    ['no topic', frame(0x30)],
    ['an empty topic', frame(0x30, str(''))],
    ['a topic that is longer than the packet', frame(0x30, [0, 9, 0x74])],
    ['"#" in its topic', frame(0x30, str('a/#'))],
    ['"+" in its topic', frame(0x30, str('a/+/b'))],
    ['U+0000 in its topic', frame(0x30, str('a\0'))],
    ['a topic that is ill-formed UTF-8', frame(0x30, str([0x61, 0xc0, 0xaf]))],
    ['a surrogate in its topic', frame(0x30, str([0xed, 0xbf, 0xbf]))],
  ])('with %s ends the connection', async (_what, bytes) => {
    const peer = await client('wrong')
    peer.write(bytes)
    expect(await peer.closed()).toEqual([])
  })

  it('is forwarded with its topic and payload byte by byte, U+FEFF and all bytes included', async () => {
    const witness = await listener('w-bytes', 'bytes/#')
    const sender = await client('s-bytes')
    const payload = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
    for (const topic of ['bytes/\ufeffx', 'bytes/é', 'bytes/e\u0301', 'bytes/\u{1f600}', 'bytes// ']) {
      sender.send(publishPacket(topic, payload))
      const packet = await witness.next('publish')
      expect(packet.topic).toBe(topic)
      expect(payload.equals(Buffer.from(packet.payload))).toBe(true)
    }
    sender.send(publishPacket('bytes/empty', ''))
    expect((await witness.next('publish')).payload).toHaveLength(0)
  })

  it('is forwarded as sent for the first time, however it came', async () => {
    const witness = await listener('w-dup', 'dup', 2)
    const sender = await client('s-dup')
    sender.send(publishPacket('dup', '1', { qos: 1, messageId: 3, dup: true }))
    sender.send(publishPacket('dup', '2', { qos: 2, messageId: 4, dup: true }))
    // The order of one topic holds for each QoS alone.
    const heard = [await witness.next('publish'), await witness.next('publish')]
    expect(heard.map(({ qos, dup }) => `${qos} ${dup}`).sort()).toEqual(['1 false', '2 false'])
  })

  it('of QoS 1 with a packet id that was acknowledged is a new one, marked as repeated or not', async () => {
    const witness = await listener('w-new', 'new', 1)
    const sender = await client('s-new')
    for (const dup of [false, true, false]) {
      sender.send(publishPacket('new', 'x', { qos: 1, messageId: 9, dup }))
      await sender.next('puback')
      await witness.next('publish')
    }
  })

  it('of QoS 2 is delivered once, however often it comes before PUBREL', async () => {
    const witness = await listener('w-once', 'once', 2)
    const sender = await client('s-once')
    const packet = publishPacket('once', 'x', { qos: 2, messageId: 11 })
    sender.send(packet, { ...packet, dup: true } as typeof packet)
    await sender.next('pubrec')
    await sender.next('pubrec')
    sender.send({ ...packet, dup: true } as typeof packet)
    await sender.next('pubrec')
    sender.send({ cmd: 'pubrel', messageId: 11 }, { cmd: 'pubrel', messageId: 11 })
    await sender.next('pubcomp')
    await sender.next('pubcomp')
    await witness.next('publish')
    await witness.nothing()
    sender.send(packet)
    await sender.next('pubrec')
    await witness.next('publish')
  })

  it('keeps its order for each QoS, retained or not, in one write or in many', async () => {
    const sender = await client('s-order')
    for (const qos of [0, 1, 2] as const) {
      const witness = await listener(`w-order-${qos}`, `order/${qos}/#`, qos)
      const packets = Array.from({ length: 60 }, (_, i) =>
        publishPacket(`order/${qos}/${i % 2}`, `${i}`, { qos, messageId: i + 1, retain: i % 3 === 0 }),
      )
      sender.send(...packets.slice(0, 40))
      for (const packet of packets.slice(40)) sender.send(packet)
      for (let i = 0; i < 60; i += 1) {
        const heard = await witness.next('publish')
        expect(heard.payload.toString()).toBe(`${i}`)
        if (qos === 1) witness.send({ cmd: 'puback', messageId: heard.messageId ?? 0 })
      }
      if (qos === 0) await sender.nothing()
      for (let i = 1; i <= (qos === 0 ? 0 : 60); i += 1) {
        expect((await sender.next(qos === 1 ? 'puback' : 'pubrec')).messageId).toBe(i)
      }
    }
  })

  it('is sent with packet ids that are not in use, and within what may be in flight', async () => {
    const witness = await listener('w-ids', 'ids', 1)
    const sender = await client('s-ids')
    for (let i = 0; i < 300; i += 1) await publish(sender, 'ids', `${i}`)
    const ids = new Set<number | undefined>()
    for (let i = 0; i < 100; i += 1) ids.add((await witness.next('publish')).messageId)
    expect(ids.size).toBe(100)
    expect(ids.has(0)).toBe(false)
    await witness.nothing()
    for (const messageId of ids) witness.send({ cmd: 'puback', messageId: messageId ?? 0 })
    for (let i = 100; i < 200; i += 1) {
      const { messageId, payload } = await witness.next('publish')
      expect(payload.toString()).toBe(`${i}`)
      ids.add(messageId)
    }
    expect(ids.size).toBe(200)
  })

  it('may have a topic of 65,535 bytes', async () => {
    const topic = `long/${'x'.repeat(65_530)}`
    const witness = await listener('w-long', 'long/+')
    const sender = await client('s-long')
    sender.send(publishPacket(topic, 'x'))
    expect((await witness.next('publish')).topic).toBe(topic)
    await publish(sender, '/'.repeat(65_535), 'deep')
  })

  it('without permission is acknowledged and not passed on', async () => {
    const witness = await listener('w-sys', '$SYS/+')
    const sender = await client('s-sys')
    await publish(sender, '$SYS/mine', 'x')
    await publish(sender, '$SYS/mine', 'x', { qos: 2 })
    await witness.nothing()
  })

  it('of a length that the header gives wrongly ends the connection', async () => {
    const peer = await client('lying')
    const bytes = generate(publishPacket('t', 'x', { qos: 1 }))
    bytes[1] = 2
    peer.write(bytes)
    expect(await peer.closed()).toEqual([])
  })
})
