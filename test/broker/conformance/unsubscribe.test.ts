import { describe, expect, it } from 'vitest'
import { conformance, frame, publish, str, subscribe, u16 } from './peer.ts'

describe('UNSUBSCRIBE', () => {
  const { client, listener } = conformance()

  it.each([
    ['other flags', frame(0xa0, u16(1), str('t'))],
    ['no filter', frame(0xa2, u16(1))],
    ['packet id 0', frame(0xa2, u16(0), str('t'))],
    ['a filter that is longer than the packet', frame(0xa2, u16(1), [0, 9, 0x61])],
    ['a filter that is ill-formed UTF-8', frame(0xa2, u16(1), str([0xff]))],
    ['an empty filter', frame(0xa2, u16(1), str(''))],
  ])('with %s ends the connection', async (_what, bytes) => {
    const peer = await client('wrong')
    peer.write(bytes)
    expect(await peer.closed()).toEqual([])
  })

  it.each([true, false])(
    'ends the messages of these filters and no others, clean session: %s',
    async (clean) => {
      const peer = await client(`leaving-${clean}`, { clean })
      await subscribe(peer, { topic: 'u/+', qos: 1 }, { topic: 'u/a', qos: 1 }, { topic: 'u/b', qos: 1 })
      peer.send({ cmd: 'unsubscribe', messageId: 9, unsubscriptions: ['u/+', 'u/a', 'never/had'] })
      expect((await peer.next('unsuback')).messageId).toBe(9)
      const sender = await client('sender')
      await publish(sender, 'u/a', 'x')
      await publish(sender, 'u/b', 'x')
      expect((await peer.next('publish')).topic).toBe('u/b')
      await peer.nothing()
    },
  )

  it('of a filter that is not there is answered too, and matches no other by a wildcard', async () => {
    const peer = await listener('exact', 'e/a')
    peer.send({ cmd: 'unsubscribe', messageId: 10, unsubscriptions: ['e/+'] })
    expect((await peer.next('unsuback')).messageId).toBe(10)
    await publish(await client('sender-2'), 'e/a', 'x')
    await peer.next('publish')
  })

  it('lets what has been sent come to its end', async () => {
    const peer = await listener('ending', 'ending', 2)
    await publish(await client('sender-3'), 'ending', 'x', { qos: 2 })
    const { messageId = 0 } = await peer.next('publish')
    peer.send({ cmd: 'unsubscribe', messageId: 11, unsubscriptions: ['ending'] })
    await peer.next('unsuback')
    peer.send({ cmd: 'pubrec', messageId })
    expect((await peer.next('pubrel')).messageId).toBe(messageId)
    peer.send({ cmd: 'pubcomp', messageId })
    await peer.nothing()
  })

  it('is kept with the session', async () => {
    const peer = await listener('kept', 'kept/#', 1, { clean: false })
    peer.send({ cmd: 'unsubscribe', messageId: 12, unsubscriptions: ['kept/#'] })
    await peer.next('unsuback')
    peer.cut()
    const back = await client('kept', { clean: false })
    expect(back.sessionPresent).toBe(true)
    await publish(await client('sender-4'), 'kept/x', 'x')
    await back.nothing()
  })
})
