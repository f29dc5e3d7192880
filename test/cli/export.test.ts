import { readFileSync } from 'node:fs'
import path from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, it } from 'vitest'
import { run } from '../../cli.ts'
import { servedApi } from './fixture.ts'

const HOUR_MS = 3_600_000
const START_MS = Date.UTC(2026, 0, 5)

describe('nadi export', () => {
  it('writes every reading as CSV, over as many pages as it takes', async () => {
    await using city = await servedApi()
    const count = 12_000
    await city.intake.append(
      Array.from({ length: count }, (_, i) => ({
        datastream: 'library/temperature',
        timeMs: START_MS + i * 60_000,
        value: i / 4,
      })),
    )
    const file = path.join(city.dataDir, 'out.csv')
    const range = ['--from', '2026-01-05T00:00:00Z', '--to', '2026-01-20T00:00:00Z']
    const { code, stdout } = await city.run('export', 'library/temperature', ...range, '--output', file)
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    const [heading, ...rows] = readFileSync(file, 'utf8').trimEnd().split('\n')
    expect(heading).toMatch(/^time,value,datastream,building,property,unit,kind,timezone,/)
    expect(rows).toHaveLength(count)
    const cells = rows.map((row) => row.split(','))
    expect(cells.map(([time]) => Date.parse(time ?? ''))).toEqual(
      Array.from({ length: count }, (_, i) => START_MS + i * 60_000),
    )
    expect(cells.map(([, value]) => Number(value))).toEqual(Array.from({ length: count }, (_, i) => i / 4))

    const whole = await city.json('export', 'library/temperature', ...range)
    expect(whole.items).toHaveLength(count)
    expect(whole.rows).toBe(count)
    expect(whole.items[5]).toMatchObject({ datastream: 'library/temperature', unit: 'Cel', value: 1.25 })
  })

  it('writes buckets with the columns of the contract', async () => {
    await using city = await servedApi()
    await city.intake.append([
      { datastream: 'library/temperature', timeMs: START_MS, value: 20 },
      { datastream: 'library/temperature', timeMs: START_MS + HOUR_MS / 2, value: 22 },
    ])
    const { stdout } = await city.run(
      'export',
      'library/temperature',
      '--from',
      '2026-01-05T00:00:00Z',
      '--to',
      '2026-01-05T01:00:00Z',
      '--bucket',
      '1h',
    )
    const [heading, row] = stdout.trimEnd().split('\n')
    expect(heading).toMatch(/^start,end,mean,min,max,sum,count,last,measured,datastream,/)
    expect(row).toMatch(/^2026-01-05T08:00:00\+08:00,2026-01-05T09:00:00\+08:00,\d+.*,20,22,42,2,22,/)
  })

  it('fails with the reason for a Datastream that is not there', async () => {
    await using city = await servedApi()
    const { code, stdout, stderr } = await city.run('export', 'library/nothing', '--json')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('library/nothing')
  })
})

describe('a snapshot', () => {
  const period = ['--from', '2026-01-05T00:00:00Z', '--to', '2026-01-06T00:00:00Z', '--bucket', '1h']
  const hours = (datastream: string, value: number) =>
    Array.from({ length: 24 }, (_, hour) => ({
      datastream,
      timeMs: START_MS + hour * HOUR_MS,
      value: value + hour,
    }))

  it('names the same data again, as CSV and as Parquet, until they change', async () => {
    await using city = await servedApi()
    await city.intake.append([...hours('library/temperature', 20), ...hours('clinic/temperature', 25)])
    const at = (name: string): string => path.join(city.dataDir, name)
    const pattern = ['export', '*/temperature', ...period]
    const first = await city.json(...pattern, '--output', at('first.csv'))
    const again = ['export', '--snapshot', first.snapshot]
    expect(await city.json(...again, '--output', at('again.csv'))).toMatchObject({
      snapshot: first.snapshot,
      rows: 48,
    })
    expect(readFileSync(at('again.csv'), 'utf8')).toBe(readFileSync(at('first.csv'), 'utf8'))
    const parquet = await city.json(...pattern, '--parquet', '--output', at('first.parquet'))
    expect(parquet.snapshot).toBe(first.snapshot)
    const byApi = await city.app.request(`/v1/export?format=parquet&snapshot=${first.snapshot}`, {
      headers: { authorization: `Bearer ${city.administrator}` },
    })
    expect(Buffer.from(await byApi.arrayBuffer())).toEqual(readFileSync(at('first.parquet')))

    await city.intake.append([{ datastream: 'clinic/temperature', timeMs: START_MS, value: 30 }])
    const changed = await city.run(...again)
    expect(changed).toMatchObject({ code: 1, stdout: '' })
    expect(changed.stderr).toContain('not the same any more')
  })

  it('is written as Parquet with types, flags, the calendar and covariates', async () => {
    await using city = await servedApi()
    await city.intake.append([...hours('library/temperature', 20), ...hours('library/humidity', 50)])
    const labelled = [
      '--from',
      '2026-01-05T02:00:00Z',
      '--to',
      '2026-01-05T04:00:00Z',
      '--reason',
      'a "test", of it',
    ]
    expect((await city.run('label', 'add', 'library', ...labelled)).code).toBe(0)
    const file = path.join(city.dataDir, 'out.parquet')
    const covariate = ['--with', 'library/humidity', '--parquet', '--output', file]
    const { snapshot } = await city.json('export', 'library/temperature', ...period, ...covariate)
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    const rows = async (sql: string) => (await connection.runAndReadAll(sql)).getRowObjectsJson()
    const [sums] = await rows(
      `select count(*)::int as n, epoch_ms(min(start))::varchar as first, sum(mean) as mean, sum("library/humidity") as humidity,
         max(hour)::int as hour, min(weekday)::int as weekday, bool_or(holiday) as holiday from '${file}'`,
    )
    expect(sums).toEqual({
      n: 24,
      first: String(START_MS),
      mean: 24 * 20 + 276,
      humidity: 24 * 50 + 276,
      hour: 23,
      weekday: 1,
      holiday: false,
    })
    expect(await rows(`select mean from '${file}' where label = 'a "test", of it' order by start`)).toEqual([
      { mean: 22 },
      { mean: 23 },
    ])
    const [kept] = await rows(
      `select decode(value) as id from parquet_kv_metadata('${file}') where decode(key) = 'nadi_snapshot'`,
    )
    expect(kept?.['id']).toBe(snapshot)
    connection.closeSync()
    instance.closeSync()
  })

  it('is wrong use where options contradict each other', async () => {
    const wrong = [
      [],
      ['library', '--snapshot', 'x'],
      ['library', '--parquet'],
      ['library', '--csv', '--parquet'],
      ['--convert', 'x'],
    ]
    for (const args of wrong) expect(await run(['export', ...args])).toBe(2)
  })
})

describe('nadi label', () => {
  it('lists what was marked, and takes it back', async () => {
    await using city = await servedApi()
    await city.intake.append([{ datastream: 'library/energy', timeMs: START_MS, value: 1 }])
    const times = ['--from', '2026-01-05T08:00', '--to', '2026-01-05T09:00']
    const kept = await city.json('label', 'add', 'library/energy', ...times, '--reason', 'exchanged')
    expect(kept).toMatchObject({ about: 'library/energy', from: '2026-01-05T08:00:00+08:00' })
    expect((await city.json('label', 'list', 'library')).items).toEqual([kept])
    expect((await city.run('label', 'remove', String(kept.id))).code).toBe(0)
    expect(city.catalogue.labels.list()).toEqual([])
  })
})

describe('nadi forecast', () => {
  it('prints the newest issue, hour by hour', async () => {
    await using city = await servedApi()
    const issuedAtMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS
    city.forecasts.put({
      building: 'library',
      property: 'energy',
      issuedAtMs,
      model: { name: 'same-hour-mean', version: '1' },
      hours: [0, 1].map((hour) => ({
        startMs: issuedAtMs + hour * HOUR_MS,
        endMs: issuedAtMs + (hour + 1) * HOUR_MS,
        quantiles: [1, 2, 3, 4, 5, 6, 7, 8, 9],
      })),
      days: [],
    })
    const document = await city.json('forecast', '--building', 'library')
    expect(document.items[0].quantiles).toMatchObject({ '0.1': 1, '0.5': 5, '0.9': 9 })
    const { stdout } = await city.run('forecast', '--building', 'library')
    expect(stdout.split('\n')[1]).toMatch(/1\.0 +5\.0 +9\.0$/)
    expect((await city.run('forecast', '--building', 'clinic')).code).toBe(1)
  })
})
