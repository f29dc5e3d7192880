import { describe, expect, it } from 'vitest'
import { brokerUnderTest, type BrokerUnderTest } from '../support.ts'

const pack = (...names: string[]): string => JSON.stringify(names.map((n) => ({ n, t: 1_760_000_000, v: 1 })))

const reasons = ({ catalogue }: BrokerUnderTest): string[] =>
  catalogue.quarantine.list().map(({ reason }) => reason)

describe('New Datastreams', () => {
  it('that no birth declared are no more than `maxUndeclared` for a building; the rest is quarantined with a reason', async () => {
    await using city = await brokerUnderTest({ limits: { maxUndeclared: 3 } })
    const device = await city.client('meter-1', city.device('meter-1'))
    const send = (...names: string[]) =>
      device.publishAsync('nadi/v1/meter-1/observations', pack(...names), { qos: 1 })
    await send('library/a/co2', 'library/b/co2')
    await send('library/c/co2', 'library/d/co2', 'library/a/co2')
    expect(city.catalogue.datastreams.list('library').map(({ path }) => path)).toEqual([
      'library/a/co2',
      'library/b/co2',
      'library/c/co2',
    ])
    expect(reasons(city)).toEqual([expect.stringMatching(/3 Datastreams that no birth declared/)])

    // Another building has room of its own, and who declares gets on.
    const other = await city.client('meter-2', city.device('meter-2', 'tower'))
    await other.publishAsync('nadi/v1/meter-2/observations', pack('tower/co2'), { qos: 1 })
    const birth = { datastreams: [{ name: 'library/d/co2' }, { name: 'library/a/co2' }] }
    await device.publishAsync('nadi/v1/meter-1/birth', JSON.stringify(birth), { qos: 1 })
    await send('library/d/co2', 'library/e/co2')
    expect(city.catalogue.datastreams.find('library/d/co2')).toBeDefined()
    expect(city.catalogue.datastreams.find('library/e/co2')?.undeclared).toBe(true)
    expect(reasons(city)).toHaveLength(1)
  })

  it('are no more than `maxDatastreams` for a building, sent or declared', async () => {
    await using city = await brokerUnderTest({ limits: { maxDatastreams: 2 } })
    const device = await city.client('meter-1', city.device('meter-1'))
    const birth = { datastreams: ['a', 'b', 'c'].map((room) => ({ name: `library/${room}/co2` })) }
    await device.publishAsync('nadi/v1/meter-1/birth', JSON.stringify(birth), { qos: 1 })
    await device.publishAsync('nadi/v1/meter-1/observations', pack('library/d/co2', 'library/a/co2'), {
      qos: 1,
    })
    expect(city.catalogue.datastreams.list('library')).toHaveLength(2)
    expect(await city.samples('library/a/co2')).toHaveLength(1)
    expect(reasons(city)).toEqual([
      expect.stringMatching(/2 Datastreams already/),
      expect.stringMatching(/2 Datastreams already/),
    ])
  })
})
