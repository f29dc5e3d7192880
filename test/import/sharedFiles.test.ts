import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TEST_SCALE } from '../support/testScale.ts'
import { importFixture, root, sharedDataMissing, sharedFile } from './fixture.ts'

const missing = sharedDataMissing()
const title = missing ? 'shared files (skipped: ../shared/data is not there)' : 'shared files'

const mapping = (name: string): string =>
  readFileSync(path.join(root, 'examples/import', `${name}.yaml`), 'utf8')

/** One row a non-empty cell of a wide file, counted by SQL alone: `[cells, distinct (series, instant)]`. */
const wideCount = async (file: string, time: string, instant: string): Promise<[number, number]> => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const reader = await connection.runAndReadAll(`
    WITH cells AS (UNPIVOT read_csv('${file}', all_varchar = true) ON COLUMNS(* EXCLUDE ${time}) INTO NAME series VALUE v)
    SELECT count(*)::DOUBLE, count(DISTINCT (series, ${instant}))::DOUBLE FROM cells WHERE v <> '' AND v <> 'NA'`)
  const [read, distinct] = reader.getRows()[0] ?? []
  return [Number(read), Number(distinct)]
}

/** The first rows of a large file, more with `NADI_TEST_SCALE`; from 10 on, the file itself. */
const beginningOf = (file: string, rows: number, folder: string): string => {
  if (TEST_SCALE >= 10) return file
  const lines = gunzipSync(readFileSync(file)).toString().split('\n')
  const beginning = path.join(folder, path.basename(file, '.gz'))
  writeFileSync(beginning, `${lines.slice(0, 1 + rows * TEST_SCALE).join('\n')}\n`)
  return beginning
}

describe.skipIf(missing)(title, () => {
  let city: Awaited<ReturnType<typeof importFixture>>
  beforeAll(async () => {
    city = await importFixture()
  })
  afterAll(() => city?.[Symbol.asyncDispose]())

  const expectCounts = (result: { read: number }, read: number, stored: number): void => {
    expect(result).toMatchObject({ read, stored, repeated: read - stored, rejected: [] })
  }

  it.each([
    ['cambridge/electricity-2017-2019.csv.gz', 'cambridge-electricity', 'timestamp'],
    ['cambridge/weather-2017.csv.gz', 'cambridge-weather', 'datetime'],
    ['cambridge/weather-2018.csv.gz', 'cambridge-weather', 'datetime'],
    ['cambridge/weather-2019.csv.gz', 'cambridge-weather', 'datetime'],
  ])(
    '%s is imported whole',
    async (name, mappingName, time) => {
      const file = beginningOf(sharedFile(name), 10_000, city.folder)
      const [read, distinct] = await wideCount(file, time, time)
      expect(read).toBeGreaterThan(20_000)
      expectCounts(await city.loadFile(file, mapping(mappingName)), read, distinct)
    },
    240_000,
  )

  it('bdg2 is imported in the zone of each site, which metadata.csv confirms', async () => {
    const zoneOf = (series: string): string => `CASE
      WHEN ${series} SIMILAR TO '(Rat|Cockatoo|Moose)_.*' THEN 'America/New_York'
      WHEN ${series} LIKE 'Fox@_%' ESCAPE '@' THEN 'America/Denver'
      WHEN ${series} LIKE 'Bear@_%' ESCAPE '@' THEN 'America/Los_Angeles'
      ELSE 'Europe/London' END`
    const file = beginningOf(sharedFile('bdg2/electricity-2016-2017.csv.gz'), 4_000, city.folder)
    const [read, distinct] = await wideCount(
      file,
      'timestamp',
      `timezone(${zoneOf('series')}, timestamp::TIMESTAMP)`,
    )
    const result = await city.loadFile(file, mapping('bdg2-electricity'))
    expectCounts(result, read, distinct)
    const same: Readonly<Record<string, string>> = {
      'US/Eastern': 'America/New_York',
      'US/Mountain': 'America/Denver',
      'US/Pacific': 'America/Los_Angeles',
    }
    const [header = '', ...rows] = readFileSync(sharedFile('bdg2/metadata.csv'), 'utf8').trim().split(/\r?\n/)
    const zone = header.split(',').indexOf('timezone')
    expect(rows).toHaveLength(153)
    for (const row of rows) {
      const cells = row.split(',')
      const id = (cells[0] ?? '').toLowerCase().replaceAll('_', '-')
      const found = city.catalogue.datastreams.find(`bdg2/${id}/energy`)
      // Some meters begin after the beginning.
      if (found) expect([id, found.timeZone]).toEqual([id, same[cells[zone] ?? ''] ?? cells[zone]])
    }
    expect(
      city.catalogue.datastreams.list().filter(({ path: name }) => name.startsWith('bdg2/')).length,
    ).toBeGreaterThan(120)
  }, 240_000)

  it('fitnesspark is imported whole, both notations of time', async () => {
    const file = sharedFile('fitnesspark/occupancy-2025.csv.gz')
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const reader = await connection.runAndReadAll(
      `SELECT count(*)::DOUBLE, count(DISTINCT (gym, timestamp_utc))::DOUBLE
       FROM read_csv('${file}', all_varchar = true) WHERE occupancy <> ''`,
    )
    const [read, distinct] = reader.getRows()[0] ?? []
    expectCounts(await city.loadFile(file, mapping('fitnesspark-occupancy')), Number(read), Number(distinct))
  })

  it('warsaw is imported whole, with its clock faults and repeats told', async () => {
    const file = sharedFile('warsaw-offices/queues.csv.gz')
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const reader = await connection.runAndReadAll(
      `SELECT count(*)::DOUBLE, count(DISTINCT (date, time, office, queue))::DOUBLE,
         count(*) FILTER (date LIKE '2012%')::DOUBLE, count(*) FILTER (date LIKE '2020-12%')::DOUBLE
       FROM read_csv('${file}', all_varchar = true)`,
    )
    const [rows, distinct, of2012, ofDecember] = reader.getRows()[0]?.map(Number) ?? []
    const result = await city.loadFile(file, mapping('warsaw-queues'))
    // Three values a row, none of them empty.
    expectCounts(result, 3 * (rows ?? 0), 3 * (distinct ?? 0))
    expect(rows).toBe(830_172)
    const faults = result.findings.filter(({ code }) => code === 'clock-fault')
    expect(faults.map(({ count }) => count)).toEqual([3 * (of2012 ?? 0), 3 * (ofDecember ?? 0)])
  }, 240_000)

  it.each([
    ['datatraining.txt', 8_143],
    ['datatest.txt', 2_665],
    ['datatest2.txt', 9_752],
  ])('uci-occupancy/%s is imported whole', async (file, rows) => {
    // Six values a row (source: rows as the data set's page states them).
    const result = await city.loadFile(sharedFile(`uci-occupancy/${file}`), mapping('uci-occupancy'))
    expectCounts(result, 6 * rows, 6 * rows)
  })

  it.each(['inflow', 'outflow'])('calit2/%s is imported but for its two stray quotes', async (name) => {
    const lines = readFileSync(sharedFile(`calit2/${name}.csv`), 'utf8').split('\n')
    const stray = lines.flatMap((line, index) => (line === '"' ? [index + 1] : []))
    const good = lines.filter((line) => /^"\d\d\/\d\d\/05 \d\d:\d\d:00",\d+$/.test(line)).length
    const result = await city.loadFile(sharedFile(`calit2/${name}.csv`), mapping(`calit2-${name}`))
    expect(stray).toHaveLength(2)
    expect(result.rejected.map(({ line }) => line)).toEqual(stray)
    expect(result).toMatchObject({ read: good + 2, stored: good, repeated: 0 })
  })

  it('nmecr-school is imported, its 13 empty readings left out, Fahrenheit turned into Celsius', async () => {
    const zone = "timezone('America/Los_Angeles', time::TIMESTAMP)"
    const load = sharedFile('nmecr-school/school_eload.csv')
    const [read, distinct] = await wideCount(load, 'time', zone)
    expect(read).toBe(8_760 - 13)
    expectCounts(await city.loadFile(load, mapping('nmecr-school-load')), read, distinct)
    await city.loadFile(sharedFile('nmecr-school/school_temp.csv'), mapping('nmecr-school-temperature'))
    // 49.92 degrees Fahrenheit at 2018-01-01 00:00 PST: (49.92 - 32) * 5 / 9.
    const [first] = await city.stored('nmecr-school/outdoor/temperature')
    expect(first?.[0]).toBe('2018-01-01T08:00:00.000Z')
    expect(first?.[1]).toBeCloseTo(9.9556, 4)
  })

  it.each([
    ['bdg2/metadata.csv', { building: 'x', property: 'energy' }],
    ['warsaw-offices/queues-meta.csv', 'warsaw-queues'],
  ])('%s is refused as metadata', async (file, how) => {
    const given = typeof how === 'string' ? mapping(how) : how
    await expect(city.loadFile(sharedFile(file), given)).rejects.toThrow(/holds no readings.*metadata/)
  })
})
