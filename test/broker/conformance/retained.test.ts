import { describe, expect, it } from 'vitest'
import { conformance, publish, subscribe } from './peer.ts'

describe('A retained message', () => {
  const { client, listener } = conformance()

  it('is sent to who subscribes later, marked as retained, and to who has subscribed, not marked', async () => {
    const early = await listener('early', 'kept/+', 1)
    await publish(await client('sender'), 'kept/a', 'x', { retain: true })
    expect(await early.next('publish')).toMatchObject({ retain: false, qos: 1 })
    const late = await listener('late', 'kept/+', 1)
    expect(await late.next('publish')).toMatchObject({ retain: true, qos: 1, topic: 'kept/a' })
  })

  it('is the last one of its topic, at each QoS', async () => {
    const sender = await client('sender-1')
    for (const qos of [1, 2, 0] as const) {
      await publish(sender, 'last', `${qos}`, { qos, retain: true })
      const late = await listener(`late-${qos}`, 'last', 2)
      const packet = await late.next('publish')
      expect([packet.payload.toString(), packet.qos]).toEqual([`${qos}`, qos])
      await late.nothing()
    }
  })

  it('is removed by an empty one, which is delivered and not kept', async () => {
    const early = await listener('early-2', 'removed', 1)
    const sender = await client('sender-2')
    await publish(sender, 'removed', 'x', { retain: true })
    await early.next('publish')
    await publish(sender, 'removed', '', { retain: true })
    const empty = await early.next('publish')
    expect(empty.payload).toHaveLength(0)
    expect(empty.retain).toBe(false)
    await (await listener('late-2', 'removed', 1)).nothing()
  })

  it('is neither replaced nor removed by one that is not retained', async () => {
    const sender = await client('sender-3')
    await publish(sender, 'stays', 'kept', { retain: true })
    await publish(sender, 'stays', 'passing')
    await publish(sender, 'stays', '')
    const late = await listener('late-3', 'stays')
    expect((await late.next('publish')).payload.toString()).toBe('kept')
    await late.nothing()
  })

  it('is sent again at each SUBSCRIBE of the same filter, and at none to a resumed session', async () => {
    const sender = await client('sender-4')
    await publish(sender, 'again', 'x', { retain: true })
    const peer = await listener('subscriber', 'again', 1, { clean: false })
    peer.send({ cmd: 'puback', messageId: (await peer.next('publish')).messageId ?? 0 })
    await subscribe(peer, { topic: 'again', qos: 0 })
    expect(await peer.next('publish')).toMatchObject({ retain: true, qos: 0 })
    peer.cut()
    const back = await client('subscriber', { clean: false })
    await back.nothing()
  })

  it('is found by wildcards, empty levels and parents included', async () => {
    const sender = await client('sender-5')
    for (const topic of ['/found', 'found', 'found/a', 'found/a/b']) {
      await publish(sender, topic, 'x', { retain: true })
    }
    const found = async (filter: string): Promise<string[]> => {
      const peer = await client('')
      await subscribe(peer, { topic: filter, qos: 0 })
      peer.send({ cmd: 'pingreq' })
      const topics: string[] = []
      for (;;) {
        const packet = await peer.next('publish').catch(() => undefined)
        if (packet?.cmd !== 'publish') return topics.sort()
        topics.push(packet.topic)
      }
    }
    expect(await found('+/found')).toEqual(['/found'])
    expect(await found('found/#')).toEqual(['found', 'found/a', 'found/a/b'])
    expect(await found('found/+')).toEqual(['found/a'])
  })
})
