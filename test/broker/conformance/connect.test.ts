import { generate } from 'mqtt-packet'
import { describe, expect, it } from 'vitest'
import {
  conformance,
  connectFrame,
  connectPacket,
  disconnect,
  frame,
  publishPacket,
  str,
  subscribe,
} from './peer.ts'

describe('CONNECT', () => {
  const { raw, client, listener } = conformance()

  it('is answered first of all, with return code 0 and no session', async () => {
    const peer = await raw()
    peer.send(connectPacket('plain'))
    await peer.next('connack')
    expect([...peer.bytes()]).toEqual([0x20, 2, 0, 0])
    await peer.nothing()
  })

  it.each([
    ['another protocol name', frame(0x10, str('MQTS'), [4, 2, 0, 0], str('c'))],
    ['a protocol name that is cut off', frame(0x10, [0, 4, 0x4d, 0x51])],
    ['nothing after the protocol level', frame(0x10, str('MQTT'), [4])],
    ['the reserved flag', connectFrame(0x03, str('c'))],
    ['a will flag without a will', connectFrame(0x06, str('c'))],
    ['a will topic without a will message', connectFrame(0x06, str('c'), str('t'))],
    ['a will of QoS 3', connectFrame(0x1e, str('c'), str('t'), str('m'))],
    ['a will QoS without a will', connectFrame(0x0a, str('c'))],
    ['a will to be retained without a will', connectFrame(0x22, str('c'))],
    ['a will without the flag', connectFrame(0x02, str('c'), str('t'), str('m'))],
    ['a will topic that is empty', connectFrame(0x06, str('c'), str(''), str('m'))],
    ['a will topic with a wildcard', connectFrame(0x06, str('c'), str('t/#'), str('m'))],
    ['a user name flag without a user name', connectFrame(0x82, str('c'))],
    ['a user name without the flag', connectFrame(0x02, str('c'), str('u'))],
    ['a password flag without a password', connectFrame(0xc2, str('c'), str('u'))],
    ['a password without the flag', connectFrame(0x82, str('c'), str('u'), str('p'))],
    ['a password but no user name', connectFrame(0x42, str('c'), str('p'))],
    ['no client id', connectFrame(0x02)],
    ['a client id that is ill-formed UTF-8', connectFrame(0x02, str([0xc3, 0x28]))],
    ['a client id with a surrogate', connectFrame(0x02, str([0xed, 0xa0, 0x80]))],
    ['a client id with U+0000', connectFrame(0x02, str('a\0b'))],
    ['a will topic that is ill-formed UTF-8', connectFrame(0x06, str('c'), str([0xff]), str('m'))],
    ['a user name that is ill-formed UTF-8', connectFrame(0x82, str('c'), str([0xff]))],
    ['flags in its fixed header', frame(0x11, str('MQTT'), [4, 2, 0, 0], str('c'))],
    ['a remaining length of five bytes', Buffer.from([0x10, 0x80, 0x80, 0x80, 0x80, 0x01])],
  ])('with %s ends the connection without CONNACK', async (_what, bytes) => {
    const peer = await raw()
    peer.write(bytes)
    expect(await peer.closed()).toEqual([])
  })

  it.each([
    ['MQTT', 5],
    ['MQTT', 3],
    ['MQTT', 0x84],
    ['MQIsdp', 4],
  ])('of %s at level %i is answered with return code 1, and the connection ends', async (name, level) => {
    const peer = await raw()
    peer.write(frame(0x10, str(name), [level, 2, 0, 0], str('c')))
    expect(await peer.closed()).toEqual(['connack'])
    expect([...peer.bytes()]).toEqual([0x20, 2, 0, 1])
  })

  it('of MQTT 3.1 is served too', async () => {
    const peer = await raw()
    peer.write(frame(0x10, str('MQIsdp'), [3, 2, 0, 0], str('old')))
    expect((await peer.next('connack')).returnCode).toBe(0)
  })

  it('must be the first packet', async () => {
    for (const packet of [publishPacket('a', 'b'), { cmd: 'pingreq' } as const, disconnect]) {
      const peer = await raw()
      peer.send(packet)
      expect(await peer.closed()).toEqual([])
    }
  })

  it('that comes a second time ends the connection', async () => {
    const peer = await client('twice')
    peer.send(connectPacket('twice'))
    expect(await peer.closed()).toEqual([])
    const inOneWrite = await raw()
    inOneWrite.send(connectPacket('twice'), connectPacket('twice'))
    await inOneWrite.closed()
  })

  it('without a client id gives each client one of its own', async () => {
    const first = await client('')
    const second = await client('')
    await first.nothing()
    await second.nothing()
    await subscribe(second, { topic: 'unnamed', qos: 0 })
    first.send(publishPacket('unnamed', 'x'))
    await second.next('publish')
    await first.nothing()
  })

  it('without a client id, for a session that is to be kept, is answered with return code 2', async () => {
    const peer = await raw()
    peer.write(connectFrame(0x00, str('')))
    expect(await peer.closed()).toEqual(['connack'])
    expect([...peer.bytes()]).toEqual([0x20, 2, 0, 2])
  })

  it('takes client ids of one to 23 letters and digits, and longer ones', async () => {
    for (const id of [
      '0',
      'abcdefghijklmnopqrstuvw',
      'ABCDEFGHIJKLMNOPQRSTUVW',
      'xyzXYZ0123456789',
      'l'.repeat(300),
    ]) {
      await (await client(id)).nothing()
    }
  })

  it('ends the older connection of the same client id', async () => {
    const older = await client('twin')
    const newer = await client('twin')
    expect(await older.closed()).toEqual([])
    await newer.nothing()
    const newest = await client('twin')
    await newer.closed()
    await newest.nothing()
  })

  it('keeps apart clients whose ids differ in a combining character only', async () => {
    const composed = await client('caf\u00e9')
    const combined = await client('cafe\u0301')
    await composed.nothing()
    await combined.nothing()
  })

  it('that is refused leaves what follows it unread', async () => {
    const witness = await listener('witness', 'after/refusal', 1)
    for (const refused of [connectFrame(0x00, str('')), frame(0x10, str('MQTT'), [5, 2, 0, 0], str('c'))]) {
      const peer = await raw()
      peer.write(refused, generate(publishPacket('after/refusal', 'x')))
      await peer.closed()
    }
    await witness.nothing()
  })

  it('may be followed at once by other packets, DISCONNECT and the end included', async () => {
    const witness = await listener('witness-2', 'in/one/go', 1)
    const peer = await raw()
    peer.send(
      connectPacket('hasty'),
      publishPacket('in/one/go', '0'),
      publishPacket('in/one/go', '1', { qos: 1, messageId: 7 }),
      disconnect,
    )
    peer.finish()
    expect((await witness.next('publish')).payload.toString()).toBe('0')
    expect((await witness.next('publish')).payload.toString()).toBe('1')
    await peer.closed()
  })

  it('carries its fields in the order id, will topic, will message, user name, password', async () => {
    const witness = await listener('witness-3', 'ordered/will', 0)
    const peer = await raw()
    peer.write(connectFrame(0xc6, str('fields'), str('ordered/will'), str('gone'), str('user'), str('pass')))
    await peer.next('connack')
    peer.cut()
    expect((await witness.next('publish')).payload.toString()).toBe('gone')
  })
})
