import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NadiError } from '../../city/errors.ts'
import { toSegment } from '../../city/names.ts'
import { importFixture } from './fixture.ts'

let city: Awaited<ReturnType<typeof importFixture>>
beforeAll(async () => {
  city = await importFixture()
})
afterAll(() => city[Symbol.asyncDispose]())

const ESTATE = { building: 'estate', property: 'energy', kind: 'interval' }

describe('importing a wide file by flags', () => {
  it('names a Thing by each column, and says which building is new', async () => {
    const result = await city.load(
      'timestamp,Bldg 7,Annex\n2020-01-01 00:00,1.5,\n2020-01-01 01:00,2,3\n',
      ESTATE,
    )
    expect(result).toMatchObject({ read: 3, stored: 3, repeated: 0, rejected: [], created: ['estate'] })
    expect(result.findings).toContainEqual(expect.objectContaining({ code: 'building-created', count: 1 }))
    expect(await city.stored('estate/bldg-7/energy')).toEqual([
      ['2020-01-01T00:00:00.000Z', 1.5],
      ['2020-01-01T01:00:00.000Z', 2],
    ])
    expect(city.catalogue.datastreams.find('estate/bldg-7/energy')).toMatchObject({
      unit: 'kWh',
      kind: 'interval',
      intervalSeconds: 3600,
      undeclared: false,
    })
  })

  it('reads gzip, semicolons and decimal commas', async () => {
    const text = 'Datum;Haus A\n2020-01-01 00:00;1,5\n2020-01-01 01:00;"2,25"\n2020-01-01 02:00;3.5\n'
    const result = await city.load(gzipSync(text), { building: 'comma', property: 'power', unit: 'kW' })
    expect(result).toMatchObject({ read: 3, stored: 2 })
    expect(result.rejected).toEqual([
      { line: 4, series: 'comma/haus-a/power', reason: '"3.5" is not a number' },
    ])
    expect((await city.stored('comma/haus-a/power')).map(([, value]) => value)).toEqual([1500, 2250])
  })

  it('takes local times in the zone that is given', async () => {
    await city.load('time,x\n2019-10-27 01:00,1\n2019-10-27 01:00,2\n2019-07-01 00:00,3\n', {
      building: 'zoned',
      property: 'power',
      timezone: 'Europe/London',
    })
    expect(await city.stored('zoned/x/power')).toEqual([
      ['2019-06-30T23:00:00.000Z', 3],
      ['2019-10-27T00:00:00.000Z', 1],
      ['2019-10-27T01:00:00.000Z', 2],
    ])
    expect(city.catalogue.datastreams.find('zoned/x/power')?.timeZone).toBe('Europe/London')
  })

  it('says line, series and reason of each reading that is none, and keeps the rest', async () => {
    const text = [
      'time,a,b', // 1
      '2020-01-01 00:00,1,2', // 2
      '', // 3
      '2020-01-01 01:00,NaN,3', // 4
      'yesterday,4,', // 5
      '2020-01-01 02:00,5', // 6
      '2020-01-01 03:00,6,7,8', // 7
      '"', // 8
      '"2020-01-01 04:00",9,"two', // 9 to 10
      'lines"', // 10
      '2026-01-03 00:00,10,11', // 11: 48 h after the import
      '2020-01-01 05:00,12,13', // 12
    ].join('\r\n')
    const result = await city.load(text, { building: 'bad', property: 'energy' })
    expect(result.rejected).toEqual([
      { line: 4, series: 'bad/a/energy', reason: '"NaN" is not a number' },
      { line: 5, series: 'bad/a/energy', reason: '"yesterday" is not a time of the format iso' },
      { line: 6, series: null, reason: 'the line has 2 of the 3 fields' },
      { line: 7, series: null, reason: 'the line has more than 3 fields' },
      { line: 8, series: null, reason: 'a quote is opened and not closed as it should be' },
      { line: 9, series: 'bad/b/energy', reason: expect.stringContaining('is not a number') },
      { line: 11, series: 'bad/a/energy', reason: expect.stringContaining('24 h') },
      { line: 11, series: 'bad/b/energy', reason: expect.stringContaining('24 h') },
    ])
    expect(result).toMatchObject({ read: 14, stored: 6, repeated: 0, rejectedCount: 8 })
    expect((await city.stored('bad/a/energy')).map(([, value]) => value)).toEqual([1, 9, 12])
  })

  it('refuses a file without times as the metadata that it is', async () => {
    await expect(city.load('building_id,sqm\nBear,100\n', ESTATE)).rejects.toThrow(
      /holds no readings.*metadata/,
    )
    await expect(city.load('', ESTATE)).rejects.toThrow(/empty/)
  })
})

describe('importing again', () => {
  it('counts as repeated what the store or the file had already, and the last value holds', async () => {
    const flags = { building: 'again', property: 'power' }
    const text = 'time,x\n2020-01-01 00:00,1\n2020-01-01 01:00,2\n2020-01-01 00:00,3\n2020-01-01 00:00,3\n'
    const first = await city.load(text, flags)
    expect(first).toMatchObject({ read: 4, stored: 2, repeated: 2 })
    expect(first.findings).toContainEqual(
      expect.objectContaining({ code: 'differing-repeats', count: 1, firstLine: 4 }),
    )
    expect(await city.load(text, flags)).toMatchObject({ read: 4, stored: 0, repeated: 4, created: [] })
    const late = 'time,x\n2019-12-31 23:00,9\n2020-01-01 00:30,8\n2020-01-01 01:00,7\n2020-01-01 02:00,6\n'
    expect(await city.load(late, flags)).toMatchObject({ read: 4, stored: 3, repeated: 1 })
    expect((await city.stored('again/x/power')).map(([, value]) => value)).toEqual([9, 3, 8, 7, 6])
  })
})

describe('importing by a mapping', () => {
  it('reads a long file with several value columns, split times and names as they are', async () => {
    const result = await city.load(
      'date,time,office,queue,waiting,open\n2020-01-02,08:00,UD_Wola,1,3,2\n2020-01-02,08:05,UD_Wola,1,4,\n2020-01-02,08:05,,1,9,9\n',
      `building: warsaw
timeZone: Europe/Warsaw
time: {columns: [date, time]}
values:
  - {columns: [waiting], datastream: '{office}/{queue}/waiting', unit: '1'}
  - {columns: [open], datastream: '{office}/{queue}/open', unit: '1'}
`,
    )
    expect(result).toMatchObject({ read: 5, stored: 3, repeated: 0 })
    expect(result.rejected.map(({ line, reason }) => [line, reason])).toEqual([
      [4, 'office is empty'],
      [4, 'office is empty'],
    ])
    expect(await city.stored('warsaw/ud-wola/1/waiting')).toEqual([
      ['2020-01-02T07:00:00.000Z', 3],
      ['2020-01-02T07:05:00.000Z', 4],
    ])
  })

  it('reads files without a header, with a short one, and zones by column', async () => {
    const absent = await city.load(
      '07/24/05 00:00:00,1\n07/24/05 00:30:00,2\n',
      `building: h1
format: {header: absent, columns: [t, n]}
time: {columns: [t], format: 'MM/DD/YY HH:mm:ss'}
values: [{datastream: door/in, unit: '1', kind: interval}]
`,
    )
    expect(absent).toMatchObject({ read: 2, stored: 2 })
    const short = await city.load(
      '"t","A_x","B_y"\n"1","2020-01-01 00:00",1,2\n',
      `building: h2
format: {header: short}
time: {columns: [t]}
timeZones: {'A_*': America/New_York, 'B_*': Asia/Makassar}
values: [{columns: [A_x, B_y], datastream: '{column}/power'}]
`,
    )
    expect(short).toMatchObject({ read: 2, stored: 2, rejected: [] })
    expect(await city.stored('h2/a-x/power')).toEqual([['2020-01-01T05:00:00.000Z', 1]])
    expect(await city.stored('h2/b-y/power')).toEqual([['2019-12-31T16:00:00.000Z', 2]])
  })

  it('finds clock faults, gaps, runs of zero and clipped values', async () => {
    const start = Date.UTC(2019, 0, 1)
    const hour = (index: number): string => new Date(start + index * 3_600_000).toISOString().slice(0, 16)
    const rows = Array.from({ length: 500 }, (_, i) => {
      const value = i >= 100 && i < 130 ? 0 : i % 50 === 0 ? 100 : 5 + (i % 7)
      return i >= 200 && i < 210 ? [] : [`${hour(i)},${value}`]
    }).flat()
    const result = await city.load(['time,x', ...rows, '2012-02-03 00:00,4'].join('\n'), {
      ...ESTATE,
      building: 'found',
    })
    const codes = Object.fromEntries(result.findings.map((finding) => [finding.code, finding]))
    expect(codes['clock-fault']).toMatchObject({ count: 1, firstLine: 492 })
    expect(codes['gaps']).toMatchObject({ count: 1, firstLine: 202, series: 'found/x/energy' })
    expect(codes['zero-run']).toMatchObject({ count: 1, firstLine: 102 })
    expect(codes['clipped']).toMatchObject({ count: 8 })
    expect(codes['out-of-order']).toMatchObject({ count: 1, firstLine: 492 })
  })

  it('refuses another unit for values that are kept', async () => {
    const mapping = (unit: string): string =>
      `time: {columns: [t]}\nvalues: [{datastream: unit/a/flow, unit: ${unit}}]\n`
    await city.load('t,x\n2020-01-01,1\n', mapping('l/s'))
    await expect(city.load('t,x\n2020-01-02,1\n', mapping('m3/h'))).rejects.toMatchObject({
      code: 'conflict',
    })
  })
})

describe('any table', () => {
  const cell = fc.option(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { nil: undefined })
  const names = fc.uniqueArray(fc.stringMatching(/^[A-Za-z0-9 _,"';.-]{1,12}$/), {
    minLength: 1,
    maxLength: 4,
    selector: (name) => toSegment(name.trim()),
  })
  const table = names
    .filter((all) =>
      all.every((name) => name.trim() === name && !/^[-]*$/.test(toSegment(name)) && name !== 'time'),
    )
    .chain((columns) =>
      fc.record({
        columns: fc.constant(columns),
        rows: fc.uniqueArray(
          fc.record({
            minute: fc.integer({ min: 0, max: 500_000 }),
            cells: fc.tuple(...columns.map(() => cell)),
          }),
          { maxLength: 12, selector: ({ minute }) => minute },
        ),
      }),
    )
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
  const iso = (minute: number): string => new Date(Date.UTC(2020, 0, 1) + minute * 60_000).toISOString()
  let run = 0

  it('written wide or long is stored exactly', async () => {
    await fc.assert(
      fc.asyncProperty(table, fc.constantFrom('\n', '\r\n'), async ({ columns, rows }, lineEnd) => {
        const building = `any-${(run += 1)}`
        const wide = [
          ['time', ...columns.map(quoted)].join(','),
          ...rows.map(({ minute, cells }) => [iso(minute), ...cells.map((value) => value ?? '')].join(',')),
        ].join(lineEnd)
        const long = [
          'time;name;value',
          ...rows.flatMap(({ minute, cells }) =>
            cells.map((value, i) => `${iso(minute)};${quoted(columns[i] ?? '')};${value ?? ''}`),
          ),
        ].join(lineEnd)
        const count = rows.flatMap(({ cells }) => cells.filter((value) => value !== undefined)).length
        const byFlags = await city.load(wide, { building: `${building}-wide`, property: 'level' })
        const byMapping = await city.load(
          long,
          `format: {delimiter: ';'}\ntime: {columns: [time]}\nvalues: [{datastream: '${building}-long/{name}/level', columns: [value]}]`,
        )
        for (const result of [byFlags, byMapping]) {
          expect(result).toMatchObject({ read: count, stored: count, repeated: 0, rejected: [] })
        }
        for (const [i, name] of columns.entries()) {
          const expected = rows
            .flatMap(({ minute, cells }): [string, number][] => {
              const value = cells[i]
              return value === undefined ? [] : [[iso(minute), value + 0]]
            })
            .sort(([a], [b]) => a.localeCompare(b))
          for (const shape of ['wide', 'long']) {
            const path = `${building}-${shape}/${toSegment(name)}/level`
            expect((await city.stored(path)).map(([time, value]) => [time, value + 0])).toEqual(expected)
          }
        }
      }),
      { numRuns: 15 },
    )
  })

  it('is cut where its times are found, whatever its names hold', async () => {
    const header = ['time', quoted('a;;"'), quoted('b;')].join(',')
    const result = await city.load(`${header}\n2020-01-01T00:00:00Z,1,2\n`, {
      building: 'cut',
      property: 'level',
    })
    expect(result).toMatchObject({ read: 2, stored: 2, rejected: [] })
  })

  it('of arbitrary bytes is read or refused, never more', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'time,a\n',
        '2020-01-01 00:00,1',
        '\n',
        '\r',
        '"',
        ',',
        ';',
        '\0',
        '\u001f',
        ' ',
        '1e999',
      ),
      fc.string({ unit: 'binary', maxLength: 8 }),
    )
    const bytes = fc.oneof(
      fc.array(piece, { maxLength: 30 }).map((parts) => Buffer.from(parts.join(''))),
      fc.uint8Array({ maxLength: 200 }).map((all) => Buffer.from(all)),
    )
    await fc.assert(
      fc.asyncProperty(bytes, fc.boolean(), async (text, gzip) => {
        const head = gzip ? gzipSync(text).subarray(0, text.length + 12) : text
        try {
          const result = await city.load(head, { building: 'fuzz', property: 'level' })
          expect(result.read).toBe(result.stored + result.repeated + result.rejectedCount)
        } catch (error) {
          expect(error).toBeInstanceOf(NadiError)
          expect(error).not.toMatchObject({ code: 'internal' })
        }
      }),
      { numRuns: 40 },
    )
  })
})
