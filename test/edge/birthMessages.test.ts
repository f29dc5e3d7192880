import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { birthMessages } from '../../edge/birthMessages.ts'
import type { Birth } from '../../edge/driver.ts'

const name = fc.string({ minLength: 1, maxLength: 30 })
const birth: fc.Arbitrary<Birth> = fc.record({
  things: fc.array(fc.record({ name, brickClass: name }), { maxLength: 20 }),
  datastreams: fc.array(fc.record({ name, unit: name }), { maxLength: 40 }),
})
const parse = (message: string): Birth => JSON.parse(message)

describe('the messages of a birth', () => {
  it('are one for a building of ordinary size, and exactly its birth', () => {
    const small: Birth = { things: [{ name: 'office' }], datastreams: [{ name: 'office/co2', unit: 'ppm' }] }
    expect(birthMessages(small).map(parse)).toEqual([small])
    expect(birthMessages({ things: [], datastreams: [] }).map(parse)).toEqual([
      { things: [], datastreams: [] },
    ])
  })

  it('say together what the birth says, in order, each within the bound', () => {
    fc.assert(
      fc.property(birth, fc.integer({ min: 200, max: 2_000 }), (birth, maxBytes) => {
        const messages = birthMessages(birth, maxBytes)
        for (const message of messages) {
          const { things, datastreams } = parse(message)
          if (things.length + datastreams.length > 1) {
            expect(Buffer.byteLength(message)).toBeLessThanOrEqual(maxBytes)
          }
        }
        expect(messages.flatMap((message) => parse(message).things)).toEqual(birth.things)
        expect(messages.flatMap((message) => parse(message).datastreams)).toEqual(birth.datastreams)
      }),
    )
  })

  it('fit a building of 2,000 points into packets of less than 128 KiB', () => {
    const datastreams = Array.from({ length: 2_000 }, (_, index) => ({
      name: `ministry-of-public-works/tower-2/floor-${index}/zone-north-east/temperature`,
      unit: 'Cel',
      kind: 'instant' as const,
      brickClass: 'Zone_Air_Temperature_Sensor',
      intervalSeconds: 60,
    }))
    const messages = birthMessages({ things: [], datastreams })
    expect(messages.length).toBeGreaterThan(1)
    expect(Math.max(...messages.map((message) => Buffer.byteLength(message)))).toBeLessThan(128 * 1024)
  })
})
