import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
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
    expect(heading).toBe('time,value')
    expect(rows).toHaveLength(count)
    const cells = rows.map((row) => row.split(','))
    expect(cells.map(([time]) => Date.parse(time ?? ''))).toEqual(
      Array.from({ length: count }, (_, i) => START_MS + i * 60_000),
    )
    expect(cells.map(([, value]) => Number(value))).toEqual(Array.from({ length: count }, (_, i) => i / 4))

    const whole = await city.json('export', 'library/temperature', ...range)
    expect(whole).toMatchObject({ datastream: 'library/temperature', unit: 'Cel' })
    expect(whole.items).toHaveLength(count)
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
    expect(heading).toBe('start,end,mean,min,max,sum,count,last,measured')
    expect(row).toMatch(/^2026-01-05T08:00:00\+08:00,2026-01-05T09:00:00\+08:00,\d+.*,20,22,42,2,22,/)
  })

  it('fails with the reason for a Datastream that is not there', async () => {
    await using city = await servedApi()
    const { code, stdout, stderr } = await city.run('export', 'library/nothing', '--json')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('library/nothing')
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
