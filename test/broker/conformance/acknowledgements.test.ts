import { describe, expect, it } from 'vitest'
import { conformance, publish } from './peer.ts'

describe('PUBACK, PUBREC, PUBREL and PUBCOMP', () => {
  const { client, listener } = conformance()

  it.each([
    ['PUBACK with flags', [0x41, 2, 0, 1]],
    ['PUBREC with flags', [0x52, 2, 0, 1]],
    ['PUBREL without its flags', [0x60, 2, 0, 1]],
    ['PUBREL with other flags', [0x6a, 2, 0, 1]],
    ['PUBCOMP with flags', [0x78, 2, 0, 1]],
    ['PUBACK without a packet id', [0x40, 0]],
    ['PUBACK of packet id 0', [0x40, 2, 0, 0]],
    ['PUBREL that is too long', [0x62, 3, 0, 1, 0]],
    ['CONNACK from a client', [0x20, 2, 0, 0]],
    ['SUBACK from a client', [0x90, 3, 0, 1, 0]],
    ['UNSUBACK from a client', [0xb0, 2, 0, 1]],
    ['PINGRESP from a client', [0xd0, 0]],
    ['packet type 0', [0x00, 0]],
    ['packet type 15', [0xf0, 0]],
  ])('a %s ends the connection', async (_what, bytes) => {
    const peer = await client('wrong')
    peer.write(bytes)
    expect(await peer.closed()).toEqual([])
  })

  it('of packets that nobody sent do no harm, and PUBREL is answered by PUBCOMP in any case', async () => {
    const peer = await client('unknown')
    peer.send({ cmd: 'puback', messageId: 77 }, { cmd: 'pubcomp', messageId: 78 })
    peer.send({ cmd: 'pubrel', messageId: 79 })
    expect((await peer.next('pubcomp')).messageId).toBe(79)
    const kept = await client('unknown-kept', { clean: false })
    kept.send({ cmd: 'pubrec', messageId: 80 })
    expect((await kept.next('pubrel')).messageId).toBe(80)
    await kept.nothing()
  })

  it.each([true, false])('carry a QoS 2 message to its end, clean session: %s', async (clean) => {
    const witness = await listener(`receiver-${clean}`, `to/end/${clean}`, 2, { clean })
    const sender = await client('sender')
    const ids: number[] = []
    for (let i = 0; i < 3; i += 1) {
      await publish(sender, `to/end/${clean}`, `${i}`, { qos: 2 })
      ids.push((await witness.next('publish')).messageId ?? 0)
    }
    for (const messageId of ids.toReversed()) witness.send({ cmd: 'pubrec', messageId })
    for (const messageId of ids.toReversed()) {
      expect((await witness.next('pubrel')).messageId).toBe(messageId)
      witness.send({ cmd: 'pubcomp', messageId })
    }
    await witness.nothing()
  })

  it('acknowledge what they belong to, and nothing of another QoS', async () => {
    const witness = await listener('mixed', 'mixed', 2, { clean: false })
    await publish(await client('sender-2'), 'mixed', 'x', { qos: 2 })
    const { messageId = 0 } = await witness.next('publish')
    witness.send({ cmd: 'puback', messageId })
    await witness.nothing()
    witness.cut()
    const back = await client('mixed', { clean: false })
    expect(await back.next('publish')).toMatchObject({ messageId, dup: true })
  })
})
