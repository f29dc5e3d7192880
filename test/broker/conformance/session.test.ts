import { describe, expect, it } from 'vitest'
import { conformance, disconnect, publish, publishPacket, subscribe } from './peer.ts'

const kept = { clean: false }

describe('A session', () => {
  const { client, listener } = conformance()

  it('is present when it was kept, without a subscription too, and gone after a clean one', async () => {
    const present = async (id: string, clean: boolean): Promise<boolean> => {
      const peer = await client(id, { clean })
      peer.send(disconnect)
      await peer.closed()
      return peer.sessionPresent
    }
    expect(await present('kept', false)).toBe(false)
    expect(await present('kept', false)).toBe(true)
    expect(await present('kept', true)).toBe(false)
    expect(await present('kept', false)).toBe(false)
  })

  it('that is kept gets what was published at QoS 1 and 2 while its client was away, in order', async () => {
    const away = await listener('away', 'news/+', 2, kept)
    away.send(disconnect)
    await away.closed()
    const sender = await client('sender-1')
    await publish(sender, 'news/a', '1', { qos: 1 })
    await publish(sender, 'news/b', '2', { qos: 2 })
    await publish(sender, 'news/a', '3', { qos: 1 })
    const back = await client('away', kept)
    expect(back.sessionPresent).toBe(true)
    for (const payload of ['1', '2', '3']) {
      expect((await back.next('publish')).payload.toString()).toBe(payload)
    }
    await back.nothing()
  })

  it('that is kept is there after the connection was cut, its subscriptions too', async () => {
    const away = await listener('cut', 'cut/#', 1, kept)
    away.cut()
    await away.closed()
    const back = await client('cut', kept)
    await publish(await client('sender-2'), 'cut/x', 'y')
    await back.next('publish')
  })

  it('that is clean ends with its connection and begins with nothing', async () => {
    const away = await listener('wiped', 'wiped/#', 1, kept)
    away.send(disconnect)
    await away.closed()
    const sender = await client('sender-3')
    await publish(sender, 'wiped/x', '1')
    const clean = await client('wiped')
    await publish(sender, 'wiped/x', '2')
    await clean.nothing()
    await subscribe(clean, { topic: 'wiped/#', qos: 1 })
    clean.cut()
    await clean.closed()
    const back = await client('wiped', kept)
    expect(back.sessionPresent).toBe(false)
    await publish(sender, 'wiped/x', '3')
    await back.nothing()
  })

  it('gets what it did not acknowledge again: in order, marked as repeated, under its packet id', async () => {
    const first = await listener('unacknowledged', 'again/#', 2, kept)
    const sender = await client('sender-4')
    const ids: (number | undefined)[] = []
    for (const qos of [1, 2, 1] as const) {
      await publish(sender, 'again/x', 'x', { qos })
      const { messageId, dup } = await first.next('publish')
      expect(dup).toBe(false)
      ids.push(messageId)
    }
    first.cut()
    await first.closed()
    const second = await client('unacknowledged', kept)
    for (const id of ids) expect(await second.next('publish')).toMatchObject({ messageId: id, dup: true })
    second.send({ cmd: 'puback', messageId: ids[0] ?? 0 })
    await second.nothing()
    second.cut()
    await second.closed()
    const third = await client('unacknowledged', kept)
    expect((await third.next('publish')).messageId).toBe(ids[1])
    expect((await third.next('publish')).messageId).toBe(ids[2])
    await third.nothing()
  })

  it('gets PUBREL again instead of a message that it has received', async () => {
    const first = await listener('half', 'half/#', 2, kept)
    await publish(await client('sender-5'), 'half/x', 'x', { qos: 2 })
    const { messageId = 0 } = await first.next('publish')
    first.send({ cmd: 'pubrec', messageId })
    await first.next('pubrel')
    first.cut()
    await first.closed()
    const second = await client('half', kept)
    expect((await second.next('pubrel')).messageId).toBe(messageId)
    second.send({ cmd: 'pubcomp', messageId })
    await second.nothing()
    second.cut()
    await second.closed()
    await (await client('half', kept)).nothing()
  })

  it('remembers which QoS 2 messages it has taken in', async () => {
    const witness = await listener('witness', 'taken/#', 2)
    const first = await client('giver', kept)
    first.send(publishPacket('taken/x', 'x', { qos: 2, messageId: 5 }))
    await first.next('pubrec')
    await witness.next('publish')
    first.cut()
    await first.closed()
    const second = await client('giver', kept)
    second.send(publishPacket('taken/x', 'x', { qos: 2, messageId: 5, dup: true }))
    await second.next('pubrec')
    second.send({ cmd: 'pubrel', messageId: 5 })
    await second.next('pubcomp')
    await witness.nothing()
    second.send(publishPacket('taken/x', 'new', { qos: 2, messageId: 5 }))
    await second.next('pubrec')
    expect((await witness.next('publish')).payload.toString()).toBe('new')
  })

  it('that ends takes no retained message with it', async () => {
    const sender = await client('sender-6')
    await publish(sender, 'stays', 'x', { retain: true })
    sender.send(disconnect)
    await sender.closed()
    await client('sender-6')
    const late = await listener('late', 'stays')
    expect((await late.next('publish')).retain).toBe(true)
  })

  it('is sent nothing before CONNACK when it is resumed while others publish', async () => {
    const first = await listener('busy', 'busy/#', 1, kept)
    first.send(disconnect)
    await first.closed()
    const sender = await client('sender-7')
    for (let i = 0; i < 300; i += 1) sender.send(publishPacket('busy/x', `${i}`))
    for (let round = 0; round < 5; round += 1) {
      const back = await client('busy', kept)
      back.cut()
      await back.closed()
    }
  })
})
