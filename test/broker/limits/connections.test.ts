import { connect } from 'node:net'
import { generate } from 'mqtt-packet'
import { describe, expect, it } from 'vitest'
import { until } from '../../support/until.ts'
import { connectPacket, conformance, openPeer, publishPacket } from '../conformance/peer.ts'
import { brokerUnderTest, publishPacket as qos1 } from '../support.ts'

describe('Before CONNECT', () => {
  const { raw } = conformance({ maxConnectBytes: 200 })
  const { raw: hasty } = conformance({ connectTimeoutMs: 300 })
  const { raw: few } = conformance({ maxConnections: 20 })

  it('a packet over `maxConnectBytes` is refused from its header alone', async () => {
    const peer = await raw()
    peer.write([0x10, 0xc7, 0x01])
    expect(await peer.closed()).toEqual([])
    const fits = await raw()
    fits.send(connectPacket('x'.repeat(180)))
    await fits.next('connack')
    fits.send(publishPacket('larger', 'x'.repeat(5000)))
    await fits.nothing()
  })

  it('`connectTimeoutMs` ends who is silent, who trickles, and who sends half and stays', async () => {
    const [silent, trickling, half] = [await hasty(), await hasty(), await hasty()]
    const bytes = generate(connectPacket('slow', { keepalive: 60 }))
    half.write(bytes.subarray(0, 9))
    let sent = 0
    const timer = setInterval(() => trickling.write(bytes.subarray(sent, (sent += 1))), 100)
    for (const peer of [silent, trickling, half]) expect(await peer.closed()).toEqual([])
    clearInterval(timer)
  })

  it('no more than `maxConnections` are open, and others have room again when they end', async () => {
    const peers = await Promise.all(Array.from({ length: 20 }, () => few()))
    expect(await (await few()).closed()).toEqual([])
    peers[7]?.cut()
    await until(async () => {
      const late = await few()
      late.send(connectPacket('late'))
      return late.next('connack').then(
        () => true,
        () => false,
      )
    })
  })
})

describe('Connections', () => {
  it('beyond `maxConnectionsPerAddress` are refused, and a place that is left is free again', async () => {
    await using city = await brokerUnderTest({ limits: { maxConnectionsPerAddress: 2 } })
    const password = city.device('gate-1')
    const login = { username: 'gate-1', password: Buffer.from(password) }
    const first = await openPeer(city.broker.port)
    const second = await openPeer(city.broker.port)
    first.send(connectPacket('gate-1', login))
    await first.next('connack')
    const third = await openPeer(city.broker.port)
    expect(await third.closed()).toEqual([])
    second.cut()
    await until(() => city.broker.counts().connections === 1)
    const fourth = await openPeer(city.broker.port)
    fourth.send(connectPacket('gate-1:b', login))
    await fourth.next('connack')
    for (const peer of [first, fourth]) peer.cut()
  })

  it('beyond `maxConnectionsPerIdentity` are told that the server is unavailable to them, and others are served', async () => {
    await using city = await brokerUnderTest({ limits: { maxConnectionsPerIdentity: 2 } })
    const secrets = { 'gate-1': city.device('gate-1'), 'gate-2': city.device('gate-2') }
    const peers: Awaited<ReturnType<typeof openPeer>>[] = []
    const login = async (device: keyof typeof secrets, clientId: string): Promise<number | undefined> => {
      const peer = await openPeer(city.broker.port)
      peers.push(peer)
      peer.send(connectPacket(clientId, { username: device, password: Buffer.from(secrets[device]) }))
      return (await peer.next('connack')).returnCode
    }
    expect(await login('gate-1', 'gate-1')).toBe(0)
    expect(await login('gate-1', 'gate-1:b')).toBe(0)
    expect(await login('gate-1', 'gate-1:c')).toBe(3)
    expect(await login('gate-2', 'gate-2')).toBe(0)
    // The one that it replaces makes room for it.
    expect(await login('gate-1', 'gate-1:b')).toBe(0)
    peers[0]?.cut()
    await until(async () => (await login('gate-1', 'gate-1:d')) === 0)
    for (const peer of peers) peer.cut()
  })

  it('keep a session again once older ones of their identity were given up', async () => {
    await using city = await brokerUnderTest({ limits: { maxSessions: 4 } })
    const login = { username: 'gate-1', password: Buffer.from(city.device('gate-1')), clean: false }
    const codes: (number | undefined)[] = []
    // 16 sessions are kept for one identity, and 4 in all.
    for (let i = 0; i < 20; i += 1) {
      const peer = await openPeer(city.broker.port)
      peer.send(connectPacket(`gate-1:${i}`, login))
      codes.push((await peer.next('connack')).returnCode)
      peer.send({ cmd: 'disconnect' })
      await peer.closed()
    }
    expect(codes).toEqual(codes.map(() => 0))
  })

  it('are refused the seventeenth session that is kept for their identity', async () => {
    await using city = await brokerUnderTest()
    const login = { username: 'gate-1', password: Buffer.from(city.device('gate-1')), clean: false }
    const connackOf = async (clientId: string, clean = false): Promise<number | undefined> => {
      const peer = await openPeer(city.broker.port)
      peer.send(connectPacket(clientId, { ...login, clean }))
      const { returnCode } = await peer.next('connack')
      peer.cut()
      return returnCode
    }
    const codes = await Promise.all(Array.from({ length: 16 }, (_, i) => connackOf(`gate-1:${i}`)))
    expect(codes).toEqual(codes.map(() => 0))
    expect(await connackOf('gate-1:16')).toBe(2)
    expect(await connackOf('gate-1:3')).toBe(0)
    expect(await connackOf('gate-1:5', true)).toBe(0)
    expect(await connackOf('gate-1:16')).toBe(0)
  })

  it('that are half open, or ended without a word, are forgotten', async () => {
    await using city = await brokerUnderTest()
    const sockets = Array.from({ length: 50 }, () => connect(city.broker.port, '127.0.0.1'))
    await until(() => city.broker.counts().connections === 50)
    for (const socket of sockets) socket.resetAndDestroy()
    await until(() => city.broker.counts().connections === 0)
  })
})

describe('A device over its rate', () => {
  it('is slowed, neither lost nor disconnected, also when its keep-alive is shorter than that takes', async () => {
    await using city = await brokerUnderTest({ limits: { bytesPerSecond: 4000 } })
    const peer = await openPeer(city.broker.port)
    const password = Buffer.from(city.device('gate-1'))
    peer.send(connectPacket('gate-1', { username: 'gate-1', password, keepalive: 1 }))
    await peer.next('connack')
    // 40 packets count 400 bytes each: 3 s beyond the burst, with a keep-alive of one.
    const packets = Array.from({ length: 40 }, (_, i) =>
      qos1(
        'nadi/v1/gate-1/observations',
        JSON.stringify([{ n: 'library/co2', t: 1_760_000_000 + i, v: 400 }]),
        i + 1,
      ),
    )
    peer.send(...packets)
    for (let i = 0; i < 40; i += 1) await peer.next('puback')
    expect(await city.samples('library/co2')).toHaveLength(40)
    await peer.nothing()
    peer.cut()
  })
})
