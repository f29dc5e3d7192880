import { describe, expect, it } from 'vitest'
import { conformance, disconnect, publish, publishPacket } from './peer.ts'

describe('DISCONNECT', () => {
  const { client, listener } = conformance()

  it('ends the connection', async () => {
    const peer = await client('leaving')
    peer.send(disconnect)
    expect(await peer.closed()).toEqual([])
  })

  it.each([
    ['flags', [0xe1, 0]],
    ['a body', [0xe0, 1, 0]],
  ])('with %s ends the connection as a broken one, and the will is published', async (_what, bytes) => {
    const witness = await listener('witness', 'will/wrong')
    const peer = await client('wrong', {
      will: { topic: 'will/wrong', payload: Buffer.from('gone'), qos: 0, retain: false },
    })
    peer.write(bytes)
    expect(await peer.closed()).toEqual([])
    await witness.next('publish')
  })

  it('ends what is listened to: what follows it is not handled', async () => {
    const witness = await listener('witness-2', 'late/#')
    const peer = await client('late')
    peer.send(publishPacket('late/before', 'x'), disconnect, publishPacket('late/after', 'x'))
    expect((await witness.next('publish')).topic).toBe('late/before')
    await peer.closed()
    await publish(await client('sender'), 'late/marker', 'x')
    expect((await witness.next('publish')).topic).toBe('late/marker')
  })
})
