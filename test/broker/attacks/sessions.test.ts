import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { BROKER_LIMITS } from '../../../broker/limits.ts'
import { createRouter } from '../../../broker/router.ts'
import { connectPacket, openPeer, publish, subscribe } from '../conformance/peer.ts'
import { brokerUnderTest } from '../support.ts'

describe('A session', () => {
  it('is taken over by no other identity, whatever client id that claims', async () => {
    await using city = await brokerUnderTest()
    const secrets = new Map(['gate-1', 'gate-10', 'gate'].map((id) => [id, city.device(id)]))
    const { id: keyId, key } = city.catalogue.keys.add('administrator', 'reads')
    secrets.set(keyId, key)
    const connect = async (user: string, clientId: string) => {
      const peer = await openPeer(city.broker.port)
      const password = Buffer.from(secrets.get(user) ?? '')
      peer.send(connectPacket(clientId, { username: user, password, clean: false }))
      const { returnCode, sessionPresent } = await peer.next('connack')
      return { peer, returnCode, sessionPresent }
    }
    const victim = await connect('gate-1', 'gate-1')
    await subscribe(victim.peer, { topic: 'nadi/v1/gate-1/commands/+', qos: 1 })
    for (const [user, clientId] of [
      ['gate', 'gate-1'],
      ['gate-10', 'gate-1'],
      ['gate', 'gate-1:x'],
      ['gate-10', 'gate-1:'],
    ] as const) {
      expect((await connect(user, clientId)).returnCode).toBe(2)
    }
    // A reader's id is its own, so that it meets no device's.
    const reader = await connect(keyId, 'gate-1')
    expect(reader).toMatchObject({ returnCode: 0, sessionPresent: false })
    await city.broker.publish({ topic: 'nadi/v1/gate-1/commands/c1', payload: '{}' })
    expect((await victim.peer.next('publish')).topic).toBe('nadi/v1/gate-1/commands/c1')
    await reader.peer.nothing()
    victim.peer.cut()
    await victim.peer.closed()
    expect((await connect('gate', 'gate-1')).returnCode).toBe(2)
    expect((await connect('gate-1', 'gate-1')).sessionPresent).toBe(true)
  })

  it('that is resumed has no right that was lost meanwhile', async () => {
    let rights = true
    const router = await createRouter({
      limits: BROKER_LIMITS,
      authorizePublish: (_client, _packet, done) => done(null),
      maySubscribe: () => rights,
      mayReceive: () => rights,
    })
    const server = createServer((socket) => void router.connect(socket, { onRefused: () => undefined }))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const connect = async () => {
      const peer = await openPeer(port)
      peer.send(connectPacket('reader', { clean: false }))
      await peer.next('connack')
      return peer
    }
    const tell = (text: string): void =>
      router.publish({ topic: 'alarms', payload: Buffer.from(text), qos: 1, retain: false })
    const before = await connect()
    await subscribe(before, { topic: 'alarms', qos: 1 })
    tell('sent, not acknowledged')
    await before.next('publish')
    before.cut()
    await before.closed()
    tell('kept while it was away')
    rights = false
    const after = await connect()
    await after.nothing()
    tell('new')
    await after.nothing()
    rights = true
    tell('newer')
    await after.nothing()
    after.cut()
    server.close()
    await router.close()
  })

  it('of nobody is served: without a name, without a password, with an empty one', async () => {
    await using city = await brokerUnderTest()
    city.device('gate-1')
    for (const login of [
      {},
      { username: 'gate-1' },
      { username: 'gate-1', password: Buffer.alloc(0) },
      { username: '', password: Buffer.from('x') },
      { username: 'admin', password: Buffer.from('admin') },
      { username: 'nobody', password: Buffer.from('') },
    ]) {
      const peer = await openPeer(city.broker.port)
      peer.send(connectPacket('gate-1', login))
      const { returnCode } = await peer.next('connack')
      expect([4, 5]).toContain(returnCode)
      await peer.closed()
    }
  })
})

describe('Quarantine', () => {
  it('is bounded in bytes for each device: the oldest goes, the others’ stays', async () => {
    await using city = await brokerUnderTest()
    const password = Buffer.from(city.device('gate-1'))
    const other = await city.client('gate-2', city.device('gate-2'))
    await other.publishAsync('nadi/v1/gate-2/observations', 'nonsense', { qos: 1 })
    const peer = await openPeer(city.broker.port)
    peer.send(connectPacket('gate-1', { username: 'gate-1', password }))
    await peer.next('connack')
    for (let i = 0; i < 60; i += 1) {
      await publish(peer, 'nadi/v1/gate-1/observations', Buffer.alloc(120_000, 0x78))
    }
    const kept = city.catalogue.quarantine.list()
    const bytes = kept
      .filter(({ device }) => device === 'gate-1')
      .map(({ id }) => city.catalogue.quarantine.find(id)?.payload.length ?? 0)
      .reduce((sum, size) => sum + size, 0)
    expect(bytes).toBeGreaterThan(0)
    expect(bytes).toBeLessThanOrEqual(5_000_000)
    expect(kept.filter(({ device }) => device === 'gate-2')).toHaveLength(1)
    peer.cut()
  })
})
