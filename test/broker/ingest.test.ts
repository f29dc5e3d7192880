import { describe, expect, it } from 'vitest'
import { brokerUnderTest } from './support.ts'

const TOPIC = 'nadi/v1/meter-1/observations'
const pack = (...records: object[]): string => JSON.stringify(records)
const at = 1_760_000_000

describe('A pack of observations', () => {
  it('is stored in the property’s own unit before it is acknowledged', async () => {
    await using city = await brokerUnderTest()
    const client = await city.client('meter-1', city.device('meter-1'))
    await client.publishAsync(
      TOPIC,
      pack(
        { bn: 'library/', bt: at, n: 'energy', u: 'Wh', v: 1001 },
        { n: 'floor-1/temperature', u: 'K', v: 300.15, t: 1.5 },
        { n: 'floor-1/presence', vb: true },
      ),
      { qos: 1 },
    )
    expect(await city.samples('library/energy')).toEqual([{ timeMs: at * 1000, value: 1.001 }])
    expect(await city.samples('library/floor-1/temperature')).toEqual([
      { timeMs: at * 1000 + 1500, value: 27 },
    ])
    expect(await city.samples('library/floor-1/presence')).toEqual([{ timeMs: at * 1000, value: 1 }])
  })
})
