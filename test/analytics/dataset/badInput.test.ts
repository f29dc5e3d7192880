import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DatasetOptions, readDataset } from '../../../analytics/dataset/readDataset.ts'
import { NadiError } from '../../../city/errors.ts'
import { officeCells, wideCsv, writtenTime } from '../../support/hourlyCsv.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'
import { TEST_SCALE } from '../../support/testScale.ts'

const NOW_MS = Date.UTC(2027, 0, 1)
const HOURS = 60 * 24

const read = async (content: string | Uint8Array, options: Partial<DatasetOptions> = {}) => {
  await using folder = await temporaryFolder()
  const file = path.join(folder.path, 'meters.csv')
  await writeFile(file, content)
  return await readDataset(file, { property: 'energy', nowMs: NOW_MS, ...options })
}

/** Reads a good office and one that is bad from cell to cell; gives what was found of the bad one. */
const beside = async (bad: (hour: number) => string | number, hours = HOURS) => {
  const { series, findings } = await read(wideCsv({ good: officeCells(), bad }, hours))
  expect(findings.filter((finding) => finding.series === 'good')).toEqual([])
  return {
    codes: findings.filter((finding) => finding.series === 'bad').map(({ code }) => code),
    series: series.find((each) => each.series.id === 'bad'),
  }
}
const good = officeCells(2)
const within = (hour: number, from: number, count: number): boolean => hour >= from && hour < from + count

describe('a building that is wrong in a file', () => {
  it('is left out when it is too short', async () => {
    const { codes, series } = await beside((hour) => (hour < 100 ? good(hour) : ''))
    expect({ codes, series }).toEqual({ codes: ['too-short'], series: undefined })
  })

  it('is kept and said when it is constant', async () => {
    const { codes, series } = await beside(() => 7)
    expect(codes).toEqual(['constant'])
    expect(series).toBeDefined()
  })

  it.each([
    ['empty', ''],
    ['text', 'closed'],
    ['NaN', 'NaN'],
  ])('is left out when all of it is %s', async (_, cell) => {
    const { codes, series } = await beside(() => cell)
    expect(codes).toContain('no-numbers')
    expect(series).toBeUndefined()
  })

  it('misses the hours below zero', async () => {
    const { codes, series } = await beside((hour) => (within(hour, 500, 5) ? -3 : good(hour)))
    expect(codes).toEqual(['negative'])
    expect(series?.truth.slice(499, 506).map((value) => (Number.isNaN(value) ? 1 : 0))).toEqual(
      Float64Array.of(0, 1, 1, 1, 1, 1, 0),
    )
  })

  it.each(['NaN', 'n/a', '#REF!', 'Infinity', '1e999'])('misses single cells that say %s', async (cell) => {
    const { codes, series } = await beside((hour) => (hour === 300 ? cell : good(hour)))
    expect(codes).toEqual(['not-a-number'])
    expect(series?.truth[300]).toBeNaN()
  })

  it('hides a spike of a thousandfold from models, and keeps it in the truth', async () => {
    const { codes, series } = await beside((hour) => (hour === 700 ? 20_000 : good(hour)))
    expect(codes).toEqual(['spikes'])
    expect(series?.series.values[700]).toBeNaN()
    expect(series?.truth[700]).toBe(20_000)
  })

  it('hides a spike in its first days as well', async () => {
    const { series } = await beside((hour) => (hour === 5 ? 20_000 : good(hour)))
    expect(series?.series.values[5]).toBeNaN()
  })

  it('may rise for good: a level that stays is believed', async () => {
    const { series } = await beside((hour) => (hour < 1000 ? good(hour) : Number(good(hour)) * 100))
    const after = series?.series.values.subarray(1000) ?? []
    expect(after.filter(Number.isNaN).length).toBeLessThan(10)
  })

  it('misses zeros for longer than a day, and no shorter ones', async () => {
    const { codes, series } = await beside((hour) =>
      within(hour, 480, 24) || within(hour, 720, 25) ? 0 : good(hour),
    )
    expect(codes).toEqual(['zero-run'])
    expect(series?.truth.subarray(480, 504).every((value) => value === 0)).toBe(true)
    expect(series?.truth.subarray(720, 745).every(Number.isNaN)).toBe(true)
  })

  it('is said to be cut at a limit', async () => {
    const { codes } = await beside((hour) => (hour % 100 < 3 && hour > 700 ? 200 : good(hour)))
    expect(codes).toContain('clipped')
  })

  it('is said to have gaps', async () => {
    const { codes } = await beside((hour) => (within(hour, 600, 100) ? '' : good(hour)))
    expect(codes).toEqual(['gaps'])
  })
})

describe('a file as a whole', () => {
  it('of quarter hours is summed by hour for energy and averaged for people', async () => {
    const csv = wideCsv({ b: () => 2 }, HOURS, { stepMs: 900_000 })
    const energy = await read(csv)
    expect(energy.findings.map(({ code }) => code)).toContain('sub-hourly')
    expect(energy.series[0]?.truth[0]).toBe(8)
    const people = await read(csv, { property: 'occupancy' })
    expect(people.series[0]?.truth[0]).toBe(2)
  })

  it('of quarter hours misses an hour that lacks one', async () => {
    const csv = wideCsv({ b: (at) => (at === 9 ? '' : 2) }, HOURS, { stepMs: 900_000 })
    const { series, findings } = await read(csv)
    expect(findings.map(({ code }) => code)).toContain('partial-hours')
    expect(series[0]?.truth.slice(1, 4)).toEqual(Float64Array.of(8, NaN, 8))
  })

  it('of a zone that is none is refused', async () => {
    await expect(read(wideCsv({ b: good }, HOURS), { timeZone: 'Mars/Olympus' })).rejects.toThrow(
      /"Mars\/Olympus" is no time zone/,
    )
  })

  it('of days is refused with what to do', async () => {
    const csv = wideCsv({ b: good }, 400, { stepMs: 86_400_000, startMs: Date.UTC(2025, 0, 1) })
    await expect(read(csv)).rejects.toThrow(/daily.*hourly or finer/)
  })

  it('takes the last of two readings of a time, in whatever order they come', async () => {
    const csv = wideCsv({ b: good }, HOURS)
    const { series, findings } = await read(`${csv}${writtenTime(Date.UTC(2026, 0, 5, 3))},99\n`)
    expect(findings).toMatchObject([{ code: 'duplicates', series: 'b', count: 1 }])
    expect(series[0]?.truth[3]).toBe(99)
  })

  it('tells the hour that comes twice when clocks go back, and the one that is left out', async () => {
    // Whole months of wall-clock hours in Zurich around 2026-03-29 and 2026-10-25, as a logger writes them.
    const spring = await read(wideCsv({ b: good }, HOURS, { startMs: Date.UTC(2026, 2, 1) }), {
      timeZone: 'Europe/Zurich',
    })
    expect(spring.findings.map(({ code }) => code)).toEqual(['clock-gap', 'duplicates'])
    const hours = Array.from({ length: 40 * 24 }, (_, hour) => Date.UTC(2026, 9, 1) + hour * 3_600_000)
    const twice = hours.flatMap((timeMs) =>
      timeMs === Date.UTC(2026, 9, 25, 2) ? [timeMs, timeMs] : [timeMs],
    )
    const csv = `timestamp,b\n${twice.map((timeMs, at) => `${writtenTime(timeMs)},${at + 1}`).join('\n')}\n`
    const autumn = await read(csv, { timeZone: 'Europe/Zurich' })
    expect(autumn.findings).toMatchObject([{ code: 'clock-repeat', count: 2 }])
    expect(autumn.series[0]?.truth).toEqual(Float64Array.from(twice, (_, at) => at + 1))
  })

  it.each([
    ['half of the hours', '2026-01-05', /no outdoor temperature is known for 720 of 1440 hours/],
    ['none of them', '2019-01-05', /no outdoor temperature is known for any hour/],
  ])('says how far the weather is unknown: it covers %s', async (_, from, message) => {
    await using folder = await temporaryFolder()
    const weather = path.join(folder.path, 'weather.csv')
    const options = { startMs: Date.parse(from) }
    await writeFile(
      weather,
      wideCsv({ temperature: (hour) => (hour % 2 === 0 ? 12 : 'n/a') }, HOURS, options),
    )
    const { findings } = await read(wideCsv({ b: good }, HOURS), { weather: [weather] })
    expect(findings).toMatchObject([{ code: 'weather-unknown', message: expect.stringMatching(message) }])
  })

  it('leaves out what a wrong clock dated years away', async () => {
    const { series, findings } = await read(`${wideCsv({ b: good }, HOURS)}2012-03-04 05:00,3\n`)
    expect(findings).toMatchObject([{ code: 'clock-fault', count: 1 }])
    expect(series[0]?.truth).toHaveLength(HOURS)
  })

  it('may be long, packed and sorted by building', async () => {
    const rows = Array.from({ length: 20 }, (_, b) => {
      const cell = officeCells(b)
      return Array.from(
        { length: 1_000 },
        (_, hour) => `b${b},${writtenTime(hour * 3_600_000)},${cell(hour)}\n`,
      )
    })
    const { series } = await read(gzipSync(`building,time,kwh\n${rows.flat().join('')}`))
    expect(series).toHaveLength(20)
  })

  it('that is long but says of no column that it names the building is not taken for a wide one', async () => {
    const rows = ['x', 'y', 'z'].flatMap((name) =>
      Array.from({ length: 500 }, (_, hour) => `${writtenTime(hour * 3_600_000)},${name},${hour}\n`),
    )
    await expect(read(`time,where,a\n${rows.join('')}`)).rejects.toThrow(
      /several rows for most times.*"building".*remove the repeated/,
    )
  })

  it.each([
    ['nothing', '', /empty/],
    ['a picture', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1, 2, 3), /no readings|cannot be read/],
    ['no times', 'a,b\n1,2\n3,4\n', /none of its columns/],
    ['a cut gzip', gzipSync(wideCsv({ b: good }, HOURS)).subarray(0, 3_000), /damaged or was cut off/],
    ['times of another form', 'time,a,b\n03/04/2026 00:00,1,2\n', /^(?!.*empty column).*"03\/04.*--mapping/],
    ['a header alone', 'timestamp,b\n', /no series that can be forecast|no readings/],
    ['two columns of one name', 'timestamp,b,b\n2026-01-05 00:00,1,2\n', /Two columns/],
  ])('that holds %s is refused with what to do', async (_, content, message) => {
    await expect(read(content)).rejects.toThrow(message)
  })

  it('gives a dataset or says what is wrong, whatever bytes it holds', async () => {
    const cell = fc.oneof(
      fc.constantFrom('', 'NaN', '-1', '1e400', '"', "'", '0x1F', '1,5', '\u0000', '2026-01-05 00:00'),
      fc.double().map(String),
      fc.string({ maxLength: 5 }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(cell, { maxLength: 4 }), { maxLength: 8 }), async (rows) => {
        const content = `timestamp,a,b\n${rows.map((row) => row.join(',')).join('\n')}`
        const outcome = await read(content).catch((error: unknown) => error)
        expect(outcome).toBeInstanceOf(NadiError)
        expect(outcome).toMatchObject({ code: 'invalid-input' })
      }),
      { numRuns: 6 * TEST_SCALE },
    )
  })
})
