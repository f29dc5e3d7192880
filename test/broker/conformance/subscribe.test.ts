import { describe, expect, it } from 'vitest'
import { conformance, frame, publish, str, subscribe, u16 } from './peer.ts'

describe('SUBSCRIBE', () => {
  const { client, listener } = conformance({ maxSubscriptions: 20 })

  it.each([
    ['other flags', frame(0x80, u16(1), str('t'), [0])],
    ['no filter', frame(0x82, u16(1))],
    ['packet id 0', frame(0x82, u16(0), str('t'), [0])],
    ['no packet id', frame(0x82)],
    ['a filter without a QoS', frame(0x82, u16(1), str('t'))],
    ['QoS 3', frame(0x82, u16(1), str('t'), [3])],
    ['reserved bits beside the QoS', frame(0x82, u16(1), str('t'), [0x04])],
    ['an empty filter', frame(0x82, u16(1), str(''), [0])],
    ['a filter that is ill-formed UTF-8', frame(0x82, u16(1), str([0xff]), [0])],
    ['U+0000 in a filter', frame(0x82, u16(1), str('a\0'), [0])],
    ['"#" that is not the last level', frame(0x82, u16(1), str('a/#/b'), [0])],
    ['"#" beside other characters', frame(0x82, u16(1), str('a#'), [0])],
    ['"+" beside other characters', frame(0x82, u16(1), str('+a'), [0])],
    ['"+" after another character', frame(0x82, u16(1), str('a+'), [0])],
    ['a wrong filter after a right one', frame(0x82, u16(1), str('a'), [0], str('b#'), [0])],
  ])('with %s ends the connection', async (_what, bytes) => {
    const peer = await client('wrong')
    peer.write(bytes)
    expect(await peer.closed()).toEqual([])
  })

  it('is answered by one SUBACK with its packet id and a code for each filter, in their order', async () => {
    const peer = await client('many')
    const granted = await subscribe(
      peer,
      { topic: 'a/+', qos: 2 },
      { topic: '#', qos: 0 },
      { topic: 'b', qos: 1 },
    )
    expect(granted).toEqual([2, 0, 1])
  })

  it('that names a filter twice is answered for both, and the later one holds', async () => {
    const peer = await client('doubled')
    const granted = await subscribe(
      peer,
      { topic: 'doubled', qos: 0 },
      { topic: 'other', qos: 0 },
      { topic: 'doubled', qos: 1 },
    )
    expect(granted).toEqual([0, 0, 1])
    await publish(await client('sender'), 'doubled', 'x', { qos: 2 })
    expect((await peer.next('publish')).qos).toBe(1)
    await peer.nothing()
  })

  it('of the same filter again replaces its QoS, and messages come once', async () => {
    const peer = await listener('replaced', 'replaced', 0)
    const sender = await client('sender-2')
    for (const qos of [2, 0, 1] as const) {
      await subscribe(peer, { topic: 'replaced', qos })
      await publish(sender, 'replaced', 'x', { qos: 2 })
      expect((await peer.next('publish')).qos).toBe(qos)
      await peer.nothing()
    }
  })

  it.each(['exact/topic', 'exact/+', '#'])(
    'of %s brings messages at the lesser of the QoS published and granted',
    async (filter) => {
      const sender = await client('sender-3')
      for (const granted of [0, 1, 2] as const) {
        const peer = await listener(`least-${granted}`, filter, granted)
        for (const published of [0, 1, 2] as const) {
          await publish(sender, 'exact/topic', 'x', { qos: published })
          expect((await peer.next('publish')).qos).toBe(Math.min(granted, published))
        }
      }
    },
  )

  it.each([
    ['over/#', 'over/lap', 0, 2],
    ['over/lap', 'over/#', 0, 1],
    ['over/+', 'over/lap', 1, 0],
    ['#', '+/lap', 2, 1],
  ] as const)(
    'of %s beside %s brings a message at the greatest QoS that matches',
    async (a, b, qosA, qosB) => {
      for (const clean of [true, false]) {
        const peer = await client(`overlap-${clean}`, { clean })
        await subscribe(peer, { topic: a, qos: qosA }, { topic: b, qos: qosB })
        await publish(await client('sender-4'), 'over/lap', 'x', { qos: 2 })
        expect((await peer.next('publish')).qos).toBe(Math.max(qosA, qosB))
        await peer.nothing()
        peer.send({ cmd: 'disconnect' })
        await peer.closed()
        await client(`overlap-${clean}`)
      }
    },
  )

  it('beyond what a session may have is answered with 0x80, and only there', async () => {
    const peer = await client('greedy')
    for (let i = 0; i < 19; i += 1) await subscribe(peer, { topic: `greedy/${i}`, qos: 0 })
    const granted = await subscribe(
      peer,
      { topic: 'greedy/19', qos: 1 },
      { topic: 'greedy/20', qos: 1 },
      { topic: 'greedy/0', qos: 2 },
    )
    expect(granted).toEqual([1, 128, 2])
    const deep = await client('deep')
    expect(await subscribe(deep, { topic: Array(101).fill('a').join('/'), qos: 0 })).toEqual([128])
    expect(await subscribe(deep, { topic: Array(100).fill('+').join('/'), qos: 0 })).toEqual([0])
  })
})
