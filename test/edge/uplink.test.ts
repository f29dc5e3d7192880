import path from 'node:path'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { birthTopic, statusTopic } from '../../city/topics.ts'
import { createSystemClock } from '../../edge/clock.ts'
import { openConnection } from '../../edge/connection.ts'
import { createSpool } from '../../edge/spool.ts'
import { createUplink, type UplinkOptions } from '../../edge/uplink.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { until } from '../support/until.ts'
import { createTestBroker, type TestBroker } from './testBroker.ts'

const LIMITS = {
  retryFirstMs: 20,
  retryLongestMs: 100,
  refusedFirstMs: 20,
  refusedLongestMs: 100,
  recordsPerPack: 10,
  packsInFlight: 3,
  lastTryAfterMs: 200,
}
const quiet = pino({ level: 'silent' })
const birth = {
  things: [{ name: 'office', brickClass: 'Building' }],
  datastreams: [{ name: 'office/co2', unit: 'ppm' }],
}

/** A spool in a folder of its own and an uplink from it to the broker. */
const start = async (broker: Pick<TestBroker, 'url'>, options: Partial<UplinkOptions> = {}) => {
  const folder = await temporaryFolder()
  const spool = createSpool({
    file: path.join(folder.path, 'spool.sqlite'),
    maxBytes: 1e9,
    log: quiet,
    now: Date.now,
  })
  const uplink = await createUplink({
    urls: [broker.url],
    device: 'office',
    credentials: async () => ({ password: 'right' }),
    birth,
    openConnection,
    clock: createSystemClock(),
    rows: spool,
    onReleased: () => undefined,
    log: quiet,
    random: () => 0.5,
    limits: LIMITS,
    ...options,
  })
  let sequence = 0
  return {
    spool,
    uplink,
    append(count: number): void {
      spool.append(
        Array.from({ length: count }, () => {
          sequence += 1
          return { datastream: 'office/co2', timeMs: 1_764_000_000_000 + sequence, value: sequence }
        }),
      )
      uplink.wake()
    },
    async [Symbol.asyncDispose]() {
      await uplink.close()
      spool.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

const valuesOf = (broker: TestBroker): number[] => broker.received.map(({ value }) => value)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)
/** The last retained message on a topic. */
const retained = (broker: TestBroker, topic: string): string | undefined =>
  broker.publishes.findLast((publish) => publish.topic === topic && publish.retain)?.payload

describe('the uplink', () => {
  it('brings what is in the spool in order, and empties it', async () => {
    await using broker = await createTestBroker()
    await using edge = await start(broker)
    edge.append(95)
    await until(() => edge.spool.stats().count === 0)
    expect(valuesOf(broker)).toEqual(upTo(95))
  })

  it('releases a row on its acknowledgement only, with a bounded number of packs under way', async () => {
    const gate = Promise.withResolvers<void>()
    await using broker = await createTestBroker({ beforeAcknowledgement: () => gate.promise })
    await using edge = await start(broker)
    edge.append(100)
    const statusAndBirth = 2
    const oneOfTheBacklog = 1
    await until(() => broker.packetsArrived === statusAndBirth + oneOfTheBacklog)
    edge.append(100)
    await until(() => broker.packetsArrived === statusAndBirth + LIMITS.packsInFlight)
    edge.append(100)
    expect(broker.packetsArrived).toBe(statusAndBirth + LIMITS.packsInFlight)
    expect(edge.spool.stats().count).toBe(300)
    gate.resolve()
    await until(() => edge.spool.stats().count === 0)
    expect(valuesOf(broker).toSorted((a, b) => a - b)).toEqual(upTo(300))
  })

  it('says online and its birth, retained, after each connect, and before any pack', async () => {
    await using broker = await createTestBroker()
    await using edge = await start(broker)
    edge.append(1)
    await until(() => broker.received.length === 1)
    expect(broker.publishes.map(({ topic }) => topic.split('/').at(-1))).toEqual([
      'status',
      'birth',
      'observations',
    ])
    expect(retained(broker, statusTopic('office'))).toBe('online')
    expect(JSON.parse(retained(broker, birthTopic('office')) ?? '')).toEqual(birth)
    broker.dropClients()
    await until(() => broker.publishes.filter(({ topic }) => topic.endsWith('/birth')).length === 2)
  })

  it('leaves its will when the connection is lost and says offline itself when it closes', async () => {
    await using broker = await createTestBroker()
    const edge = await start(broker, { limits: { ...LIMITS, retryFirstMs: 60_000, retryLongestMs: 60_000 } })
    await until(() => edge.uplink.connected && retained(broker, birthTopic('office')))
    broker.dropClients()
    await until(() => retained(broker, statusTopic('office')) === 'offline')
    await edge[Symbol.asyncDispose]()

    const polite = await start(broker)
    await until(() => retained(broker, statusTopic('office')) === 'online')
    await polite[Symbol.asyncDispose]()
    expect(retained(broker, statusTopic('office'))).toBe('offline')
  })

  it('sends all that is unreleased again when the broker comes back', async () => {
    let refusals = 3
    const failing = await createTestBroker({
      beforeAcknowledgement: async () => {
        if (refusals-- > 0) throw new Error('the store cannot commit')
      },
    })
    await using edge = await start(failing)
    edge.append(60)
    await until(() => edge.spool.stats().count === 0)
    expect(new Set(valuesOf(failing))).toEqual(new Set(upTo(60)))

    await failing.close()
    edge.append(60)
    await until(() => !edge.uplink.connected)
    expect(edge.spool.stats().count).toBe(60)
    await using back = await createTestBroker({ port: failing.port })
    await until(() => edge.spool.stats().count === 0)
    expect(new Set(valuesOf(back))).toEqual(new Set(upTo(120).slice(60)))
  })

  it('gives up a connection on which an acknowledgement does not come in time', async () => {
    let silent = true
    await using broker = await createTestBroker({
      beforeAcknowledgement: () => (silent ? new Promise(() => undefined) : Promise.resolve()),
    })
    await using edge = await start(broker, { limits: { ...LIMITS, pubackTimeoutMs: 300 } })
    edge.append(5)
    await until(() => broker.publishes.filter(({ topic }) => topic.endsWith('/birth')).length >= 2)
    expect(edge.spool.stats().count).toBe(5)
    silent = false
    await until(() => edge.spool.stats().count === 0)
    expect(new Set(valuesOf(broker))).toEqual(new Set(upTo(5)))
  })

  it('says clearly that its password is wrong, without showing it, and keeps trying', async () => {
    const lines: string[] = []
    const log = pino({}, { write: (line: string) => void lines.push(line) })
    const strict = await createTestBroker({ password: 'another' })
    await using edge = await start(strict, { log })
    edge.append(3)
    await until(
      () => lines.filter((line) => line.includes('refused this device or its password')).length >= 2,
    )
    expect(lines.join()).not.toContain('right')
    await strict.close()
    await using kind = await createTestBroker({ port: strict.port, password: 'right' })
    await until(() => edge.spool.stats().count === 0)
    expect(valuesOf(kind)).toEqual(upTo(3))
  })

  it('sends what is new before the backlog, which goes at its own rate', async () => {
    await using broker = await createTestBroker()
    const silent = await createTestBroker({ password: 'another' })
    await using edge = await start(silent, {
      urls: [silent.url, broker.url],
      limits: { ...LIMITS, backlogRowsPerSecond: 100 },
    })
    const backlog = 300
    edge.append(backlog)
    await until(() => broker.received.length > 0)
    edge.append(50)
    await until(() => edge.spool.stats().count === 0)
    await silent.close()
    const values = valuesOf(broker)
    expect(new Set(values)).toEqual(new Set(upTo(350)))
    const newIsThere = Math.max(
      ...upTo(350)
        .slice(backlog)
        .map((value) => values.indexOf(value)),
    )
    expect(newIsThere).toBeLessThan(values.indexOf(backlog))
  })

  it('sets a reading aside on which the broker ends every connection, and brings all others', async () => {
    const poison = 137
    await using broker = await createTestBroker({
      beforeAcknowledgement: async (values) => {
        if (values.includes(poison)) throw new Error('the broker stumbles')
      },
    })
    await using edge = await start(broker)
    edge.append(400)
    await until(() => {
      // Only another reading that passes proves that it is not the broker.
      edge.append(1)
      return edge.spool.stats().rejected === 1
    })
    await until(() => edge.spool.stats().count === 0)
    const received = new Set(valuesOf(broker))
    expect(received.has(poison)).toBe(false)
    expect(upTo(400).filter((value) => !received.has(value))).toEqual([poison])
  })

  it('cuts packs by bytes, and sets a reading aside that is too large for any', async () => {
    await using broker = await createTestBroker()
    await using edge = await start(broker, { limits: { ...LIMITS, recordsPerPack: 1_000 } })
    const wide = (name: string, value: number) => ({
      datastream: `office/${name}/co2`,
      timeMs: 1_764_000_000_000,
      value,
    })
    edge.spool.append([
      ...upTo(500).map((value) => wide(`${value}-${'x'.repeat(600)}`, value)),
      wide('x'.repeat(200_000), 501),
      wide('small', 502),
    ])
    edge.uplink.wake()
    await until(() => edge.spool.stats().count === 0)
    expect(edge.spool.stats().rejected).toBe(1)
    expect(new Set(valuesOf(broker))).toEqual(new Set([...upTo(500), 502]))
    expect(Math.max(...broker.publishes.map(({ payload }) => payload.length))).toBeLessThan(100 * 1024)
  })

  it('asks for its secrets anew before each connection', async () => {
    let password = 'old'
    await using broker = await createTestBroker({ password: 'new' })
    await using edge = await start(broker, { credentials: async () => ({ password }) })
    edge.append(1)
    password = 'new'
    await until(() => edge.spool.stats().count === 0)
  })

  it('tries the next broker of its list when one cannot be reached', async () => {
    await using broker = await createTestBroker()
    await using edge = await start({ url: '' }, { urls: ['mqtt://127.0.0.1:1', broker.url] })
    edge.append(1)
    await until(() => broker.received.length === 1)
  })

  it('says of each attempt that failed, in a line without a stack, what to do and when it tries again', async () => {
    const lines: string[] = []
    const log = pino({ base: null }, { write: (line) => void lines.push(line) })
    await using edge = await start({ url: 'mqtt://127.0.0.1:1' }, { log })
    await until(() => lines.length > 1)
    expect(edge.uplink.connected).toBe(false)
    const { msg, time: _time, level: _level, ...fields } = JSON.parse(lines[0] ?? '')
    expect(fields).toEqual({ broker: 'mqtt://127.0.0.1:1', code: 'ECONNREFUSED', nextTrySeconds: 1 })
    expect(msg).toBe(
      'the broker cannot be reached: nothing listens there: check that the city runs, and the port; readings are kept in the spool',
    )
  })

  it('closes while the broker acknowledges nothing, and keeps what is unreleased', async () => {
    await using broker = await createTestBroker({ beforeAcknowledgement: () => new Promise(() => undefined) })
    const edge = await start(broker)
    edge.append(5)
    await until(() => broker.publishes.some(({ topic }) => topic.endsWith('/observations')))
    await edge.uplink.close()
    expect(edge.spool.stats().count).toBe(5)
    await edge[Symbol.asyncDispose]()
  })

  it('closes at once while it waits for its next attempt', async () => {
    const edge = await start(
      { url: 'mqtt://127.0.0.1:1' },
      { limits: { ...LIMITS, retryFirstMs: 1e6, retryLongestMs: 1e6 } },
    )
    await edge[Symbol.asyncDispose]()
    expect(edge.uplink.connected).toBe(false)
  })
})
