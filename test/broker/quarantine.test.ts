import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { brokerUnderTest, type BrokerUnderTest } from './support.ts'

const TOPIC = 'nadi/v1/gate-1/observations'
const at = 1_760_000_000

const wholePacks = ({ catalogue }: BrokerUnderTest) =>
  catalogue.quarantine.ids().flatMap((id) => catalogue.quarantine.find(id) ?? [])

describe('Quarantine', () => {
  it.each([
    ['no JSON', 'hello'],
    ['no text', Buffer.from([0xff, 0xfe, 0x00])],
    ['nothing', ''],
    ['no array', '{"n": "library/co2", "v": 1}'],
    ['a wrong base field', JSON.stringify([{ bn: 7, n: 'library/co2', v: 400 }])],
  ])('takes a pack that is %s whole', async (_what, payload) => {
    await using city = await brokerUnderTest()
    const device = await city.client('gate-1', city.device('gate-1'))
    await device.publishAsync(TOPIC, payload, { qos: 1 })
    const [id = 0, ...more] = city.catalogue.quarantine.ids()
    const pack = city.catalogue.quarantine.find(id)
    expect(more).toEqual([])
    expect(pack).toMatchObject({ device: 'gate-1', topic: TOPIC })
    expect(Buffer.from(pack?.payload ?? [])).toEqual(Buffer.from(payload))
    expect(pack?.reason).not.toBe('')
    expect(city.broker.counts().quarantined).toBe(1)
  })

  it('takes a wrong record alone, with the base fields that held for it, and the rest is stored', async () => {
    await using city = await brokerUnderTest()
    const device = await city.client('gate-1', city.device('gate-1'))
    const records = [
      { bn: 'library/', bt: at, n: 'temperature', v: 21 },
      { n: 'humidity', v: 140 },
      { n: 'power', v: 'much' },
      { n: 'co2', v: 420 },
    ]
    await device.publishAsync(TOPIC, JSON.stringify(records), { qos: 1 })
    expect(await city.samples('library/temperature')).toHaveLength(1)
    expect(await city.samples('library/co2')).toHaveLength(1)
    const packs = wholePacks(city)
    expect(packs.map(({ payload }) => JSON.parse(Buffer.from(payload).toString()))).toEqual([
      [{ bn: 'library/', bt: at, n: 'humidity', v: 140 }],
      [{ bn: 'library/', bt: at, n: 'power', v: 'much' }],
    ])
  })

  it('keeps what is no number to us as it was sent', async () => {
    await using city = await brokerUnderTest()
    const device = await city.client('gate-1', city.device('gate-1'))
    const sent = ['[ {"n":"library/co2", "v":1e999} ]', '[{"bn":"library/"},{"n":"co2","v":1e999},7.50]']
    for (const payload of sent) await device.publishAsync(TOPIC, payload, { qos: 1 })
    expect(wholePacks(city).map(({ payload }) => Buffer.from(payload).toString())).toEqual([
      sent[0],
      '[{"bn":"library/","n":"co2","v":1e999}]',
      '[7.50]',
    ])
  })

  it('takes a name of too many segments, declared or not', async () => {
    await using city = await brokerUnderTest()
    const device = await city.client('gate-1', city.device('gate-1'))
    const name = (segments: number) =>
      ['library', ...Array.from({ length: segments - 1 }, () => 'a')].join('/')
    const records = [16, 17].map((segments) => ({ n: name(segments), t: at, v: 1 }))
    await device.publishAsync(TOPIC, JSON.stringify(records), { qos: 1 })
    await device.publishAsync('nadi/v1/gate-1/birth', JSON.stringify({ datastreams: [{ name: name(18) }] }), {
      qos: 1,
    })
    expect(city.catalogue.datastreams.list().map(({ path }) => path)).toEqual([name(16)])
    expect(wholePacks(city).map(({ reason }) => reason)).toEqual([
      expect.stringContaining('17 segments, at most 16'),
      expect.stringContaining('18 segments, at most 16'),
    ])
  })

  it('keeps many records that are wrong alike together', async () => {
    await using city = await brokerUnderTest()
    const device = await city.client('gate-1', city.device('gate-1'))
    const records = Array.from({ length: 500 }, (_, i) => ({ n: 'library/humidity', t: at + i, v: -1 }))
    await device.publishAsync(TOPIC, JSON.stringify([...records, 5, 6]), { qos: 1 })
    const packs = wholePacks(city)
    expect(packs.map(({ payload }) => JSON.parse(Buffer.from(payload).toString()).length)).toEqual([500, 2])
  })

  it('gives a pack back to the store once its cause is gone', async () => {
    let nowMs = at * 1000
    await using city = await brokerUnderTest({ now: () => nowMs })
    const device = await city.client('gate-1', city.device('gate-1', 'clinic'))
    await device.publishAsync(TOPIC, JSON.stringify([{ n: 'library/temperature', t: at, v: 21 }]), { qos: 1 })
    const [pack] = city.catalogue.quarantine.list()
    const id = pack?.id ?? 0
    expect(await city.broker.retryQuarantined(id)).toMatchObject({ outcome: 'quarantined' })
    expect(city.catalogue.quarantine.list()).toHaveLength(1)

    // The device had been registered for the wrong building.
    city.catalogue.devices.revoke('gate-1')
    city.device('gate-1', 'library')
    nowMs += 1
    expect(await city.broker.retryQuarantined(id)).toEqual({ outcome: 'stored' })
    expect(city.catalogue.quarantine.list()).toEqual([])
    expect(await city.samples('library/temperature')).toEqual([{ timeMs: at * 1000, value: 21 }])
    await expect(city.broker.retryQuarantined(id)).rejects.toMatchObject({ code: 'not-found' })
  })

  it('or the store takes whatever bytes come, and each pack is acknowledged', async () => {
    await using city = await brokerUnderTest()
    const device = await city.client('gate-1', city.device('gate-1'))
    const value = fc.oneof(fc.double(), fc.string(), fc.boolean(), fc.constant(null))
    const record = fc.oneof(
      fc.record(
        {
          bn: fc.oneof(fc.constant('library/'), fc.string()),
          n: fc.oneof(fc.constantFrom('co2', 'energy', 'noise'), fc.string()),
          t: fc.oneof(fc.double(), fc.integer()),
          u: fc.oneof(fc.constantFrom('ppm', 'kWh'), fc.string()),
          v: value,
          vb: value,
        },
        { requiredKeys: [] },
      ),
      fc.jsonValue(),
    )
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.array(record, { maxLength: 30 }).map((records) => Buffer.from(JSON.stringify(records))),
      fc.json().map((json) => Buffer.from(json)),
    )
    const topic = fc.constantFrom(
      TOPIC,
      'nadi/v1/gate-1/birth',
      'nadi/v1/gate-1/status',
      'nadi/v1/gate-1/commands/1/result',
    )
    await fc.assert(
      fc.asyncProperty(topic, payload, fc.boolean(), async (topic, bytes, retain) => {
        await device.publishAsync(topic, bytes, { qos: 1, retain })
        expect(device.connected).toBe(true)
      }),
      { numRuns: 400 },
    )
  })
})
