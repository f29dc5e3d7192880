import { describe, expect, it } from 'vitest'
import { conformance, disconnect, publish, publishPacket, subscribe } from './peer.ts'

describe('A last will', () => {
  const { client, listener } = conformance()
  const will = (topic: string, more: { qos?: 0 | 1 | 2; retain?: boolean } = {}) => ({
    will: { topic, payload: Buffer.from('gone'), qos: 0 as const, retain: false, ...more },
  })

  it('is published when the connection is cut', async () => {
    const witness = await listener('w-1', 'will/cut')
    const peer = await client('dying', will('will/cut'))
    await peer.nothing()
    await witness.nothing()
    peer.cut()
    expect((await witness.next('publish')).payload.toString()).toBe('gone')
    await witness.nothing()
  })

  it('is published when the client breaks the protocol, falls silent, or is replaced', async () => {
    const witness = await listener('w-2', 'will/ends')
    const breaking = await client('breaking', will('will/ends'))
    breaking.write([0x00, 0x00])
    await witness.next('publish')
    await client('silent', { ...will('will/ends'), keepalive: 1 })
    await witness.next('publish')
    await client('replaced', will('will/ends'))
    await client('replaced')
    await witness.next('publish')
    await witness.nothing()
  })

  it('is discarded at DISCONNECT, whatever follows it', async () => {
    const witness = await listener('w-3', 'will/#')
    const polite = await client('polite', will('will/polite'))
    polite.send(disconnect)
    await polite.closed()
    const talkative = await client('talkative', will('will/talkative'))
    talkative.write([0xe0, 0x00, 0xff, 0xff, 0xff])
    await talkative.closed()
    const late = await client('late', will('will/late'))
    late.send(disconnect, publishPacket('will/late', 'after the end'))
    await late.closed()
    await witness.nothing()
  })

  it('is published once, and not again for the next connection of the client', async () => {
    const witness = await listener('w-4', 'will/once')
    const peer = await client('once', { ...will('will/once'), clean: false })
    peer.cut()
    await witness.next('publish')
    const again = await client('once', { clean: false })
    again.cut()
    await again.closed()
    await publish(await client('marker'), 'will/once', 'marker')
    expect((await witness.next('publish')).payload.toString()).toBe('marker')
  })

  it.each([0, 1, 2] as const)('is published at its QoS %i', async (qos) => {
    const witness = await listener(`w-q${qos}`, `will/q${qos}`, 2)
    const peer = await client(`q${qos}`, will(`will/q${qos}`, { qos }))
    peer.cut()
    expect((await witness.next('publish')).qos).toBe(qos)
  })

  it('is retained when it says so, and only then', async () => {
    const witness = await listener('w-5', 'will/retain/#')
    for (const retain of [true, false]) {
      const peer = await client(`retain-${retain}`, will(`will/retain/${retain}`, { retain }))
      peer.cut()
      await witness.next('publish')
    }
    const late = await client('w-6')
    await subscribe(late, { topic: 'will/retain/#', qos: 0 })
    const retained = await late.next('publish')
    expect([retained.topic, retained.retain]).toEqual(['will/retain/true', true])
    await late.nothing()
  })

  it('that was not left is not published', async () => {
    const witness = await listener('w-7', 'without/#')
    const peer = await client('without')
    peer.cut()
    await peer.closed()
    await witness.nothing()
  })
})
