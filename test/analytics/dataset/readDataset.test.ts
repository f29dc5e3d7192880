import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { knownAt } from '../../../analytics/dataset/clean.ts'
import { type DatasetOptions, readDataset } from '../../../analytics/dataset/readDataset.ts'
import { readMapping } from '../../../city/mapping/readMapping.ts'
import { root, sharedDataMissing, sharedFile } from '../../import/fixture.ts'
import { officeCells, wideCsv, writtenTime } from '../../support/hourlyCsv.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'
import { TEST_SCALE } from '../../support/testScale.ts'

const NOW_MS = Date.UTC(2027, 0, 1)
const cell = officeCells()

const read = async (
  files: Readonly<Record<string, string>>,
  options: Partial<DatasetOptions> | ((folder: string) => Partial<DatasetOptions>) = {},
) => {
  await using folder = await temporaryFolder()
  for (const [name, content] of Object.entries(files)) {
    await writeFile(path.join(folder.path, name), content)
  }
  const given = typeof options === 'function' ? options(folder.path) : options
  return await readDataset(path.join(folder.path, 'meters.csv'), {
    property: 'energy',
    nowMs: NOW_MS,
    ...given,
  })
}

describe('a file of meters', () => {
  it('is wide when each column but the time is a building', async () => {
    const { series, findings } = await read({ 'meters.csv': wideCsv({ 'Bldg 7': cell, b: cell }, 720) })
    expect(series.map(({ series: { id } }) => id)).toEqual(['Bldg 7', 'b'])
    expect(series[0]?.series).toMatchObject({ startMs: Date.UTC(2026, 0, 5), timeZone: 'UTC' })
    expect(series[0]?.truth[30]).toBe(Number(cell(30)))
    expect(findings).toEqual([])
  })

  it.each([
    'series_id,timestamp,value',
    'timestamp,building,kwh',
    'unique_id;ds;y',
    'gym,timestamp,occupancy',
  ])('is long when it says %s', async (header) => {
    const delimiter = header.includes(';') ? ';' : ','
    const names = header.split(delimiter)
    const rows = Array.from({ length: 720 }, (_, hour) =>
      ['North', 'South'].map((id) =>
        names
          .map((name) =>
            /time|ds/.test(name)
              ? writtenTime(hour * 3_600_000)
              : /id|building|gym/.test(name)
                ? id
                : cell(hour),
          )
          .join(delimiter),
      ),
    )
    const { series } = await read({ 'meters.csv': `${header}\n${rows.flat().join('\n')}\n` })
    expect(series.map(({ series: { id } }) => id)).toEqual(['North', 'South'])
    expect(series[1]?.truth).toHaveLength(720)
  })

  it('asks which column is the value when two could be', async () => {
    await expect(read({ 'meters.csv': `building_id,time,area,b\nx,2026-01-05 00:00,1,2\n` })).rejects.toThrow(
      /which of "area", "b"/,
    )
  })

  it('gives only the buildings that fit a pattern, and says when none does', async () => {
    const files = { 'meters.csv': wideCsv({ Fox_a: cell, Fox_b: cell, Rat_a: cell }, 720) }
    const { series } = await read(files, { buildings: ['Fox_*'] })
    expect(series.map(({ series: { id } }) => id)).toEqual(['Fox_a', 'Fox_b'])
    await expect(read(files, { buildings: ['Wolf_*'] })).rejects.toThrow(/No building .* "Wolf_\*"/)
  })

  it('stands on full hours of its own zone', async () => {
    const { series } = await read({ 'meters.csv': wideCsv({ b: cell }, 720) }, { timeZone: 'Asia/Kolkata' })
    expect(new Date(series[0]?.series.startMs ?? NaN).toISOString()).toBe('2026-01-04T18:30:00.000Z')
    expect(series[0]?.truth).toHaveLength(720)
  })

  it('takes differences of a register, over its fall as well', async () => {
    const mapping = readMapping(
      'time: { columns: [timestamp] }\nbuilding: x\nvalues: [{ datastream: "{column}/energy", kind: counter }]',
    )
    const csv = wideCsv({ b: (hour) => (hour < 400 ? hour * 3 : hour * 3 - 1200) }, 720)
    const { series, findings } = await read({ 'meters.csv': csv }, { mapping })
    expect(series[0]?.truth.slice(397, 402)).toEqual(Float64Array.of(3, 3, NaN, 3, 3))
    expect(findings.map(({ code }) => code)).toContain('counter-reset')
  })

  it('is told apart by property when a mapping has several', async () => {
    const mapping = readMapping(
      'time: { columns: [timestamp] }\nbuilding: x\nvalues: [{ columns: [t], datastream: a/temperature }]',
    )
    await expect(read({ 'meters.csv': wideCsv({ t: () => 20 }, 720) }, { mapping })).rejects.toThrow(
      /no energy, but "temperature"/,
    )
  })

  it('comes with the weather of several files, Fahrenheit converted', async () => {
    const files = {
      'meters.csv': wideCsv({ b: cell }, 720),
      'w-1.csv': wideCsv({ humidity: () => 50, 'air_temperature [degF]': () => 50 }, 360),
      'w-2.csv': wideCsv({ 'air_temperature [degF]': () => 68 }, 300, { startMs: Date.UTC(2026, 0, 20) }),
    }
    const { series } = await read(files, (folder) => ({ weather: [path.join(folder, 'w-*.csv')] }))
    const temperature = series[0]?.series.temperatureCelsius
    expect(temperature?.[0]).toBeCloseTo(10, 9)
    expect(temperature?.[360]).toBeCloseTo(20, 9)
    expect(temperature?.[719]).toBeNaN()
  })

  it.each([
    ['no such file', 'none-*.csv', /There is no file/],
    ['no temperature', 'w.csv', /no column that says temperature/],
  ])('says of the weather that there is %s', async (_, name, message) => {
    const files = { 'meters.csv': wideCsv({ b: cell }, 720), 'w.csv': wideCsv({ wind: () => 3 }, 720) }
    await expect(read(files, (folder) => ({ weather: [path.join(folder, name)] }))).rejects.toThrow(message)
  })
})

describe('a series as it was known', () => {
  it('has zeros that are not yet a day long, and misses them once they are', async () => {
    const cells = (hour: number): string | number => (hour >= 480 && hour < 510 ? 0 : cell(hour))
    const { series } = await read({ 'meters.csv': wideCsv({ b: cells }, 720) })
    const [building] = series
    if (!building) throw new Error('no building')
    const at = (hour: number) => knownAt(building, building.series.startMs + hour * 3_600_000).values
    expect(at(500).subarray(480)).toEqual(new Float64Array(20))
    expect(at(505).subarray(480)).toEqual(new Float64Array(25).fill(NaN))
    expect(at(600).subarray(480, 510)).toEqual(new Float64Array(30).fill(NaN))
    expect(at(500)).toHaveLength(500)
  })
})

const SMALL = [
  ['fitnesspark/occupancy-2025.csv.gz', 'fitnesspark-occupancy', 'occupancy', 10, 6_812],
] as const
/** Seconds each: read where time is given for it. */
const LARGE = [
  ['bdg2/electricity-2016-2017.csv.gz', undefined, 'energy', 153, 17_544],
  ['cambridge/electricity-2017-2019.csv.gz', 'cambridge-electricity', 'energy', 109, 26_280],
] as const

describe.skipIf(sharedDataMissing())('the shared files', () => {
  it.each([...SMALL, ...(TEST_SCALE > 1 ? LARGE : [])])(
    '%s is read',
    async (file, mapping, property, buildings, hours) => {
      const { series } = await readDataset(sharedFile(file), {
        property,
        nowMs: NOW_MS,
        ...(mapping && {
          mapping: readMapping(readFileSync(path.join(root, `examples/import/${mapping}.yaml`), 'utf8')),
        }),
      })
      expect(series).toHaveLength(buildings)
      expect(Math.max(...series.map(({ truth }) => truth.length))).toBe(hours)
    },
  )
})
