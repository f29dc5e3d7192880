import { describe, expect, it } from 'vitest'
import { createOutbox } from '../../../broker/routing/outbox.ts'
import { createRetained } from '../../../broker/routing/retained.ts'
import { conformance, disconnect, publish, publishPacket, subscribe } from '../conformance/peer.ts'

const kept = { clean: false }

describe('Sessions', () => {
  const { client, listener } = conformance({
    maxUnreleased: 10,
    maxSessions: 5,
    maxQueued: 8,
    maxQueuedBytes: 10_000,
    maxInFlight: 4,
    maxInFlightBytes: 6_000,
    maxRetained: 3,
    maxRetainedBytes: 2_000,
  })

  it('take in no more than `maxUnreleased` QoS 2 messages, over several connections too', async () => {
    for (let round = 0; round < 2; round += 1) {
      const peer = await client('half', kept)
      for (let i = 0; i < 5; i += 1) {
        peer.send(publishPacket('half', 'x', { qos: 2, messageId: 1 + round * 5 + i }))
        await peer.next('pubrec')
      }
      peer.cut()
      await peer.closed()
    }
    const last = await client('half', kept)
    last.send(publishPacket('half', 'x', { qos: 2, messageId: 3, dup: true }))
    await last.next('pubrec')
    last.send(publishPacket('half', 'x', { qos: 2, messageId: 99 }))
    expect(await last.closed()).toEqual([])
    await client('half')
  })

  it('keep no more than `maxQueued` messages and `maxQueuedBytes` for a client that is away', async () => {
    const away = await listener('away', 'away/#', 1, kept)
    away.send(disconnect)
    await away.closed()
    const sender = await client('sender')
    for (let i = 0; i < 20; i += 1) await publish(sender, 'away/small', `${i}`)
    const back = await client('away', kept)
    for (let i = 0; i < 8; i += 1) {
      const { payload, messageId = 0 } = await back.next('publish')
      expect(payload.toString()).toBe(`${i}`)
      back.send({ cmd: 'puback', messageId })
    }
    await back.nothing()
    back.send(disconnect)
    await back.closed()
    for (let i = 0; i < 5; i += 1) await publish(sender, 'away/large', `${i}`.padEnd(4000))
    const again = await client('away', kept)
    for (let i = 0; i < 2; i += 1) {
      again.send({ cmd: 'puback', messageId: (await again.next('publish')).messageId ?? 0 })
    }
    await again.nothing()
    await client('away')
  })

  it('send no more than `maxInFlight` and `maxInFlightBytes` before they are acknowledged', async () => {
    const peer = await listener('slow', 'slow', 1)
    const sender = await client('sender-2')
    for (let i = 0; i < 8; i += 1) await publish(sender, 'slow', `${i}`)
    const ids: number[] = []
    for (let i = 0; i < 4; i += 1) ids.push((await peer.next('publish')).messageId ?? 0)
    await peer.nothing()
    for (const messageId of ids) peer.send({ cmd: 'puback', messageId })
    for (let i = 0; i < 4; i += 1) {
      peer.send({ cmd: 'puback', messageId: (await peer.next('publish')).messageId ?? 0 })
    }
    for (let i = 0; i < 2; i += 1) await publish(sender, 'slow', `${i}`.padEnd(4000))
    await peer.next('publish')
    await peer.nothing()
  })

  it('of clients that are away are no more than `maxSessions`: the longest away goes first', async () => {
    for (let i = 0; i < 7; i += 1) {
      const peer = await client(`many-${i}`, kept)
      if (i === 0) await subscribe(peer, { topic: 'many', qos: 1 })
      else {
        peer.send(disconnect)
        await peer.closed()
      }
    }
    expect((await client('many-1', kept)).sessionPresent).toBe(false)
    expect((await client('many-6', kept)).sessionPresent).toBe(true)
    expect((await client('many-0', kept)).sessionPresent).toBe(true)
  })

  it('find no more than `maxRetained` and `maxRetainedBytes` retained, and never an outdated one', async () => {
    const sender = await client('sender-3')
    for (const i of [0, 1, 2, 3]) await publish(sender, `r/${i}`, `${i}`, { retain: true })
    await publish(sender, 'r/1', 'x'.repeat(3000), { retain: true })
    const late = await listener('late', 'r/#')
    expect((await late.next('publish')).topic).toBe('r/0')
    expect((await late.next('publish')).topic).toBe('r/2')
    await late.nothing()
    await publish(sender, 'r/0', '', { retain: true })
    await publish(sender, 'r/3', 'room', { retain: true })
    expect((await (await listener('later', 'r/3')).next('publish')).payload.toString()).toBe('room')
  })
})

describe('What is dropped', () => {
  it('is told by the outbox and by the retained messages', () => {
    const message = { topic: 't', payload: Buffer.alloc(10), qos: 1 as const, retain: true }
    const limits = { maxQueued: 1, maxQueuedBytes: 1000, maxInFlight: 1, maxInFlightBytes: 1000 }
    const outbox = createOutbox(limits)
    expect([outbox.add(message), outbox.add(message)]).toEqual([true, false])
    const retained = createRetained({ maxRetained: 1, maxRetainedBytes: 1000 })
    retained.keep(message)
    retained.keep({ ...message, topic: 'u' })
    expect(retained.dropped()).toBe(1)
  })
})
