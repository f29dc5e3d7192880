import { readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NadiError } from '../../city/errors.ts'
import { createPlan } from '../../city/mapping/plan.ts'
import { readMapping } from '../../city/mapping/readMapping.ts'
import { readRow } from '../../city/mapping/readRow.ts'
import { createRecordNumberer, splitFields } from '../../city/mapping/records.ts'
import { timeParser } from '../../city/mapping/timeFormat.ts'
import { spoiledText } from '../support/spoiledText.ts'
import { NOW_MS } from './fixture.ts'

const CSV = { delimiter: ',', quote: '"' }

const numbered = (text: string, chunkBytes = 1_000): { text: string; broken: readonly number[] } => {
  const numberer = createRecordNumberer(CSV)
  const bytes = Buffer.from(text)
  const parts: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += chunkBytes)
    parts.push(numberer.push(bytes.subarray(at, at + chunkBytes)))
  parts.push(numberer.end())
  return { text: Buffer.concat(parts).toString(), broken: numberer.broken }
}

describe('numbering records', () => {
  it.each([
    ['a,b\n1,2\n', '1,a,b\n2,1,2\n', []],
    ['a,b\r\n\r\n1,2', '1,a,b\n3,1,2\n', []],
    ['\ufeffa\rb\r', '1,a\n2,b\n', []],
    ['a,"x\ny"\nb,1\n', '1,a,"x\ny"\n3,b,1\n', []],
    ['"a ""b"",c",1\n', '1,"a ""b"",c",1\n', []],
    // A stray quote costs its own line, not the rows after it.
    ['a,b\n"\n"1",2\n"3",4\n', '1,a,b\n3,"1",2\n4,"3",4\n', [2]],
    ['a\n"b\nc\nd', '1,a\n3,c\n4,d\n', [2]],
  ])('of %j gives %j', (text, expected, broken) => {
    for (const chunkBytes of [1, 2, 1_000]) {
      expect(numbered(text, chunkBytes)).toEqual({ text: expected, broken })
    }
  })

  it('splits a header as the reader does', () => {
    expect(splitFields('a,"b, ""c""",,d', CSV)).toEqual(['a', 'b, "c"', '', 'd'])
  })
})

describe('times', () => {
  it.each([
    ['iso', '2020-01-30 08:05', '2020-01-30T08:05:00.000Z', false],
    ['iso', '2025-03-23T09:35:44.146376', '2025-03-23T09:35:44.146Z', false],
    ['iso', '2025-03-22T20:28:00Z', '2025-03-22T20:28:00.000Z', true],
    ['iso', '2020-06-01T12:00:00+08:00', '2020-06-01T04:00:00.000Z', true],
    ['iso', '2020-06-01', '2020-06-01T00:00:00.000Z', false],
    ['iso', '2020-06-01 24:00', '2020-06-02T00:00:00.000Z', false],
    ['MM/DD/YY HH:mm:ss', '07/24/05 00:30:00', '2005-07-24T00:30:00.000Z', false],
    ['D.M.YYYY H:mm', '5.11.2019 7:30', '2019-11-05T07:30:00.000Z', false],
    ['MM/DD/YYYY hh:mm A', '12/31/2019 12:15 am', '2019-12-31T00:15:00.000Z', false],
    ['unix', '1577836800', '2020-01-01T00:00:00.000Z', true],
    ['unix-ms', '1577836800123', '2020-01-01T00:00:00.123Z', true],
  ])('in the format %s: %s is %s', (format, text, expected, isInstant) => {
    const written = timeParser(format)(text)
    expect(written && { time: new Date(written.ms).toISOString(), isInstant: written.isInstant }).toEqual({
      time: expected,
      isInstant,
    })
  })

  it.each(['2020-02-30', '2021-02-29 10:00', '2020-13-01', '2020-01-01 25:00', '20200101', '', 'noon'])(
    'that no calendar has, like "%s", are none',
    (text) => expect(timeParser('iso')(text)).toBeUndefined(),
  )

  it('in a format without a year are refused', () => {
    expect(() => timeParser('DD.MM HH:mm')).toThrow(NadiError)
    expect(() => timeParser('YYYY-MM-DD MM')).toThrow(NadiError)
  })
})

/** The instants of rows that hold one wall-clock time each. */
const instants = (zone: string, times: readonly string[]): string[] => {
  const mapping = readMapping(
    `time: {columns: [t]}\ntimeZone: ${zone}\nvalues: [{datastream: 'a/{column}/energy'}]`,
  )
  const plan = createPlan(mapping, ['t', 'x'], { timeZone: 'UTC', nowMs: NOW_MS })
  return times.flatMap((time, index) =>
    readRow(plan, [time, '1'], index + 2).readings.map(
      ({ timeMs, change }) =>
        `${new Date(timeMs).toISOString().slice(5, 16)}${change === 'none' ? '' : ` ${change}`}`,
    ),
  )
}

describe('local wall-clock times', () => {
  // Great Britain 2019: forward 31 March 01:00 GMT to 02:00 BST, back 27 October 02:00 BST to 01:00 GMT.
  it('that clocks skip are moved on by the skipped hour', () => {
    expect(instants('Europe/London', ['2019-03-31 00:30', '2019-03-31 01:30', '2019-03-31 02:30'])).toEqual([
      '03-31T00:30',
      '03-31T01:30 gap',
      '03-31T01:30',
    ])
  })

  it('that come twice are told apart by their order', () => {
    expect(
      instants('Europe/London', [
        '2019-10-27 00:30',
        '2019-10-27 01:00',
        '2019-10-27 01:30',
        '2019-10-27 01:00',
        '2019-10-27 01:30',
        '2019-10-27 02:00',
      ]),
    ).toEqual([
      '10-26T23:30',
      '10-27T00:00 repeat',
      '10-27T00:30 repeat',
      '10-27T01:00 repeat',
      '10-27T01:30 repeat',
      '10-27T02:00',
    ])
  })

  // New York 2019: forward 10 March 02:00 EST (07:00 UTC), back 3 November 02:00 EDT (06:00 UTC).
  it('follow each zone', () => {
    expect(
      instants('America/New_York', ['2019-03-10 01:00', '2019-03-10 02:00', '2019-03-10 03:00']),
    ).toEqual(['03-10T06:00', '03-10T07:00 gap', '03-10T07:00'])
    expect(
      instants('America/New_York', ['2019-11-03 01:00', '2019-11-03 01:00', '2019-11-03 02:00']),
    ).toEqual(['11-03T05:00 repeat', '11-03T06:00 repeat', '11-03T07:00'])
  })

  it('of a short table of one winter and one summer day have that day offset', () => {
    expect(instants('Asia/Makassar', ['2026-01-01 00:00'])).toEqual(['12-31T16:00'])
    expect(instants('Europe/London', ['2019-07-01 12:00'])).toEqual(['07-01T11:00'])
  })
})

describe('a mapping file', () => {
  it.each([
    ['time:\n  columns: [t]\nvalues:\n  - datastream: a/energy\n    kind: sometimes\n', 'm.yaml:5:5'],
    ['time:\n  columns: [t]\n  zone: Mars/Olympus\nvalues:\n  - datastream: a/energy\n', 'm.yaml:3:3'],
    ['time:\n  columns: [t]\nvalues:\n  - datastream: a/energy\nvalue: 3\n', 'm.yaml:5:1'],
    ['time:\n  columns: t\nvalues:\n  - datastream: a/energy\n', 'm.yaml:2:3'],
    ['time:\n  columns: [t]\n', 'm.yaml:1:1'],
    ['time: {columns: [t]\nvalues: 3\n', 'm.yaml:2:1'],
    ['', 'm.yaml:1:1'],
  ])('that is wrong is refused with the place: %j', (text, pointer) => {
    const problems = (() => {
      try {
        readMapping(text, 'm.yaml')
        return []
      } catch (error) {
        return error instanceof NadiError ? error.problems : []
      }
    })()
    expect(problems.map((problem) => problem.pointer)).toContain(pointer)
  })

  it('cannot name columns that the file does not have', () => {
    const mapping = readMapping('time: {columns: [t]}\nvalues: [{columns: [x], datastream: a/energy}]')
    expect(() => createPlan(mapping, ['t', 'y'], { timeZone: 'UTC', nowMs: NOW_MS })).toThrow(/no column "x"/)
  })

  it('cannot turn two columns into one Datastream', () => {
    const mapping = readMapping("time: {columns: [t]}\nvalues: [{datastream: 'e/{column}/energy'}]")
    expect(() => createPlan(mapping, ['t', 'Bldg 7', 'bldg-7'], { timeZone: 'UTC', nowMs: NOW_MS })).toThrow(
      /both become e\/bldg-7\/energy/,
    )
  })

  it('cannot bring a property in a unit that it does not have', () => {
    const mapping = readMapping(
      'time: {columns: [t]}\nvalues: [{columns: [x], datastream: a/energy, unit: lx}]',
    )
    expect(() => createPlan(mapping, ['t', 'x'], { timeZone: 'UTC', nowMs: NOW_MS })).toThrow(
      /no unit of energy/,
    )
  })
})

describe('a mapping', () => {
  it('raises nothing but our own error, whatever its text and the columns that it meets', () => {
    const file = path.resolve(import.meta.dirname, '../../examples/import/warsaw-queues.yaml')
    fc.assert(
      fc.property(
        spoiledText(readFileSync(file, 'utf8')),
        fc.array(fc.string(), { maxLength: 5 }),
        (text, cells) => {
          try {
            const mapping = readMapping(text, 'm.yaml')
            const plan = createPlan(mapping, ['date', 'time', 'office', 'queue', 'waiting'], {
              timeZone: 'UTC',
              nowMs: NOW_MS,
            })
            const { readings, rejected } = readRow(plan, cells, 2)
            expect(readings.length + rejected.length).toBeLessThanOrEqual(5)
          } catch (error) {
            expect(error).toBeInstanceOf(NadiError)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
