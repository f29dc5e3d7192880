import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Reading } from '../../city/observation.ts'
import { PROPERTIES } from '../../city/properties.ts'
import { decodePack, encodePack, MAX_RECORDS, whyNotEncodable } from '../../city/senml.ts'

const ARRIVAL_MS = Date.UTC(2026, 10, 24, 12)

const decoded = (pack: unknown) => decodePack(JSON.stringify(pack), ARRIVAL_MS)
/** The records of a pack that has no problems. */
const records = (pack: unknown) => {
  const result = decoded(pack)
  if (!result.ok) throw new Error(result.reason)
  expect(result.problems).toEqual([])
  return result.records.map(({ index: _index, ...record }) => record)
}
const problem = (record: unknown): string | undefined => {
  const result = decoded([record])
  return result.ok ? result.problems[0]?.reason : `pack: ${result.reason}`
}

describe('decoding a SenML pack', () => {
  it('resolves base fields as in RFC 8428, section 5.1.2', () => {
    // The second example of that section, with a name that is a path.
    expect(
      records([
        { bn: 'tower/meter/', bt: 1276020076.001, bu: 'A', bver: 5, n: 'voltage', u: 'V', v: 120.1 },
        { n: 'current', t: -5, v: 1.2 },
        { n: 'current', t: -4, v: 1.3 },
      ]),
    ).toEqual([
      { name: 'tower/meter/voltage', timeMs: 1276020076001, value: 120.1, unit: 'V' },
      { name: 'tower/meter/current', timeMs: 1276020071001, value: 1.2, unit: 'A' },
      { name: 'tower/meter/current', timeMs: 1276020072001, value: 1.3, unit: 'A' },
    ])
  })

  it('lets a later base field replace an earlier one and keeps the others', () => {
    expect(
      records([
        { bn: 'a/x/', bt: 1_700_000_000, n: 'co2', v: 1 },
        { bn: 'a/y/', n: 'co2', v: 2 },
      ]),
    ).toEqual([
      { name: 'a/x/co2', timeMs: 1_700_000_000_000, value: 1 },
      { name: 'a/y/co2', timeMs: 1_700_000_000_000, value: 2 },
    ])
  })

  it('takes the arrival for a record without time and as the origin of times below 2^28 s', () => {
    expect(records([{ n: 'a/co2', v: 1 }])[0]?.timeMs).toBe(ARRIVAL_MS)
    expect(records([{ n: 'a/co2', v: 1, t: -60 }])[0]?.timeMs).toBe(ARRIVAL_MS - 60_000)
    expect(records([{ n: 'a/co2', v: 1, t: 2 ** 28 - 1 }])[0]?.timeMs).toBe(ARRIVAL_MS + (2 ** 28 - 1) * 1000)
    expect(records([{ n: 'a/co2', v: 1, t: 2 ** 28 }])[0]?.timeMs).toBe(2 ** 28 * 1000)
  })

  it('adds bv to v, takes bv alone for the value, and reads booleans as 1 and 0', () => {
    expect(records([{ bn: 'a/', bv: 20, n: 'temperature', v: 1.5 }, { n: 'setpoint' }])).toMatchObject([
      { value: 21.5 },
      { value: 20 },
    ])
    expect(
      records([
        { n: 'a/presence', vb: true },
        { n: 'b/presence', vb: false },
      ]),
    ).toMatchObject([{ value: 1 }, { value: 0 }])
  })

  it('tolerates sums, update times, unknown fields of any depth and records that only set base fields', () => {
    const deep = JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`)
    expect(
      records([
        { bn: 'a/', bs: 1 },
        { n: 'energy', v: 5, s: 3, ut: 60, quality: deep, constructor: 1 },
      ]),
    ).toEqual([{ name: 'a/energy', timeMs: ARRIVAL_MS, value: 5 }])
  })

  it.each([
    [{ n: 'a/co2', vs: '400' }, 'vs'],
    [{ n: 'a/co2', vd: 'aGk' }, 'vd'],
    [{ n: 'a/co2', v: '400' }, 'v must be'],
    [{ n: 'a/co2', v: null }, 'v must be'],
    [{ n: 'a/co2', v: 1, vb: true }, 'one value'],
    [{ n: 'a/co2', vb: 1 }, 'vb must be'],
    [{ n: 'a/co2' }, 'no value'],
    [{ n: 'a/co2', s: 3 }, 'sum alone'],
    [{ n: 7, v: 1 }, 'n must be'],
    [{ n: 'a/co2', u: 1, v: 1 }, 'u must be'],
    [{ n: 'a/co2', t: '0', v: 1 }, 't must be'],
    [{ n: 'a/co2', t: 1e300, v: 1 }, 'possible time'],
    [{ v: 1 }, 'no name'],
    [[1], 'JSON object'],
    [null, 'JSON object'],
  ])('gives a reason for %j alone', (record, reason) => {
    expect(problem(record)).toContain(reason)
    const beside = decoded([record, { n: 'b/co2', v: 2 }])
    expect(beside).toMatchObject({ ok: true, records: [{ index: 1, value: 2 }], problems: [{ index: 0 }] })
  })

  it('refuses numbers that JSON can write and a double cannot hold', () => {
    const result = decodePack('[{"n":"a/co2","v":1e999},{"n":"a/co2","v":1,"t":1e999}]', ARRIVAL_MS)
    expect(result).toMatchObject({ ok: true, records: [], problems: [{ index: 0 }, { index: 1 }] })
    expect(problem({ bn: 'a/co2', bv: 1.7e308, v: 1.7e308 })).toContain('finite')
  })

  it.each([
    ['nonsense', 'not JSON'],
    ['{"n":"a/co2","v":1}', 'array'],
    ['', 'not JSON'],
    ['[NaN]', 'not JSON'],
    [`[{"n":"a/co2","v":1},{"n":"a/co2","v":2,"meaning_":1}]`, 'must be understood'],
    [`[{"bver":11,"n":"a/co2","v":1}]`, 'bver 11'],
    [`[{"bver":"10","n":"a/co2","v":1}]`, 'bver'],
    [`[{"bn":1,"n":"a/co2","v":1}]`, 'bn must be'],
    [`[{"bt":1e999,"n":"a/co2","v":1}]`, 'bt must be'],
  ])('refuses the whole payload %s', (payload, reason) => {
    const result = decodePack(payload, ARRIVAL_MS)
    expect(result).toMatchObject({ ok: false })
    expect(!result.ok && result.reason).toContain(reason)
  })

  it('refuses bytes that are not UTF-8, and more records than it takes', () => {
    expect(decodePack(Uint8Array.of(0x5b, 0xff, 0x5d), ARRIVAL_MS)).toMatchObject({ ok: false })
    const many = JSON.stringify(Array.from({ length: MAX_RECORDS + 1 }, () => 0))
    expect(decodePack(many, ARRIVAL_MS)).toMatchObject({ ok: false })
    expect(decodePack('[0,0]', ARRIVAL_MS, { maxRecords: 1 })).toMatchObject({ ok: false })
  })

  it('is not brought down by a payload of nothing but brackets', () => {
    expect(decodePack('['.repeat(200_000), ARRIVAL_MS)).toMatchObject({ ok: false })
    const nested = '['.repeat(100_000) + ']'.repeat(100_000)
    expect(() => decodePack(nested, ARRIVAL_MS)).not.toThrow()
  })

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.string(), fc.json()), (payload) => {
        expect(typeof decodePack(payload, ARRIVAL_MS).ok).toBe('boolean')
      }),
    )
  })

  it('takes times up to the end of the year 9999', () => {
    const taken = (t: number): number => {
      const result = decoded([{ n: 'a/co2', v: 1, t }])
      return result.ok ? result.records.length : -1
    }
    expect([taken(253_402_300_799), taken(253_402_300_801)]).toEqual([1, 0])
  })

  it('takes exactly the records that a schema of one record takes', () => {
    const finite = z.number()
    const oracle = z
      .looseObject({ n: z.string().min(1), u: z.string().optional(), t: finite.optional() })
      .and(
        z.union([
          z.looseObject({ v: finite, vb: z.undefined().optional() }),
          z.looseObject({ vb: z.boolean(), v: z.undefined().optional() }),
        ]),
      )
      .and(z.looseObject({ vs: z.undefined().optional(), vd: z.undefined().optional() }))
    const value = fc.oneof(
      // As a time, within the years that are taken: their end has a test of its own.
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -2e11, max: 2e11 }),
      fc.string(),
      fc.boolean(),
      fc.constant(null),
    )
    const record = fc.record(
      { n: value, u: value, t: value, v: value, vb: value, vs: value, vd: value, ut: value },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(
        fc.oneof(
          record,
          record.map((r) => ({ ...r, n: 'a/co2', v: 1 })),
        ),
        (candidate) => {
          // A record without any of these only sets base fields: neither a record nor a problem.
          fc.pre(Object.keys(candidate).length > 0 && !(Object.keys(candidate).join() === 'ut'))
          const result = decoded([candidate])
          expect(result.ok && result.records.length === 1).toBe(
            oracle.safeParse(JSON.parse(JSON.stringify(candidate))).success,
          )
        },
      ),
      { numRuns: 2_000 },
    )
  })
})

describe('encoding readings', () => {
  const segment = fc.stringMatching(/^[a-z0-9-]{1,8}$/)
  const reading: fc.Arbitrary<Reading> = fc
    .record({
      path: fc.array(segment, { minLength: 1, maxLength: 4 }),
      property: fc.oneof(segment, fc.constantFrom(...Object.keys(PROPERTIES))),
      timeMs: fc.integer({ min: 2 ** 28 * 1000, max: Date.UTC(9999, 11, 31) }),
      value: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
      unit: fc.option(fc.constantFrom('Cel', 'kWh', 'W', 'Far', '1'), { nil: undefined }),
    })
    .map(({ path, property, timeMs, value, unit }) => ({
      datastream: [...path, property].join('/'),
      timeMs,
      value,
      ...(unit !== undefined && { unit }),
    }))

  it('gives back, decoded, the same readings in the same order, units left out only where they are the own ones', () => {
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 40 }), (readings) => {
        const result = decodePack(encodePack(readings), ARRIVAL_MS)
        expect(result).toEqual({
          ok: true,
          problems: [],
          records: readings.map(({ datastream, timeMs, value, unit }, index) => {
            const own = PROPERTIES[datastream.slice(datastream.lastIndexOf('/') + 1)]?.unit
            return {
              index,
              name: datastream,
              timeMs,
              value,
              ...(unit !== undefined && unit !== own && { unit }),
            }
          }),
        })
      }),
    )
  })

  it('says the common path and the first time once', () => {
    const pack = encodePack([
      { datastream: 'office/floor-2/a/co2', timeMs: 1_700_000_000_000, value: 400, unit: 'ppm' },
      { datastream: 'office/floor-2/b/temperature', timeMs: 1_700_000_000_500, value: 75, unit: 'Far' },
    ])
    expect(JSON.parse(pack)).toEqual([
      { bn: 'office/floor-2/', bt: 1_700_000_000, n: 'a/co2', v: 400 },
      { n: 'b/temperature', u: 'Far', t: 0.5, v: 75 },
    ])
  })

  it('names what it cannot state', () => {
    const good: Reading = { datastream: 'a/co2', timeMs: ARRIVAL_MS, value: 1 }
    expect(whyNotEncodable(good)).toBeUndefined()
    for (const wrong of [
      { ...good, value: Number.NaN },
      { ...good, value: Number.POSITIVE_INFINITY },
      { ...good, timeMs: 1.5e12 + 0.5 },
      { ...good, timeMs: 86_400_000 },
      { ...good, timeMs: Number.NaN },
      { ...good, datastream: '' },
    ]) {
      expect(whyNotEncodable(wrong)).toBeTypeOf('string')
    }
  })
})
