import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { servedApi } from './fixture.ts'

const WIDE =
  'timestamp,Bldg 7,Annex\n2019-01-01 00:00:00,1.5,2\n2019-01-01 01:00:00,,3\n2019-01-01 02:00:00,x,4\n'

const FLAGS = ['--building', 'estate', '--property', 'energy', '--kind', 'interval', '--timezone', 'UTC']

const MAPPING = `
time:
  columns: [at]
  format: iso
  zone: UTC
building: hall
values:
  - columns: [ppm]
    datastream: co2
`

describe('nadi import', () => {
  it('loads a wide file by its flags and counts readings, not rows', async () => {
    await using city = await servedApi()
    const file = path.join(city.dataDir, 'estate.csv.gz')
    writeFileSync(file, gzipSync(WIDE))
    const first = await city.json('import', file, ...FLAGS)
    expect(first).toMatchObject({ read: 5, stored: 4, repeated: 0, created: ['estate'] })
    expect(first.rejected).toEqual([{ line: 4, series: 'estate/bldg-7/energy', reason: expect.any(String) }])
    expect(await city.json('import', file, ...FLAGS)).toMatchObject({ stored: 0, repeated: 4 })
    const range = ['--from', '2019-01-01T00:00:00Z', '--to', '2019-01-02T00:00:00Z']
    const { items } = await city.json('export', 'estate/annex/energy', ...range)
    expect(items.map(({ value }: { value: number }) => value)).toEqual([2, 3, 4])
  })

  it('shows a person what was done, what was refused and where, on standard error', async () => {
    await using city = await servedApi()
    const file = path.join(city.dataDir, 'estate.csv')
    writeFileSync(file, WIDE)
    const { code, stdout, stderr } = await city.run('import', file, ...FLAGS)
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toContain('Read 5 readings: 4 stored, 0 repeated, 1 rejected.')
    expect(stderr).toMatch(/line 4, estate\/bldg-7\/energy: /)
    expect(stderr).toMatch(/did not know estate/)
  })

  it('loads a file by a mapping, also from standard input', async () => {
    await using city = await servedApi()
    const mapping = path.join(city.dataDir, 'hall.yaml')
    writeFileSync(mapping, MAPPING)
    const nadi = path.resolve(import.meta.dirname, '../../bin/nadi.mjs')
    const child = spawn(process.execPath, [nadi, 'import', '-', '--mapping', mapping, '--json'], {
      env: { ...process.env, NADI_DATA_DIR: city.dataDir },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    let stdout = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stdin.end('at,ppm\n2024-05-01T00:00:00Z,420\n')
    expect(await once(child, 'close')).toEqual([0, null])
    expect(JSON.parse(stdout)).toMatchObject({ read: 1, stored: 1, rejected: [] })
    expect(city.catalogue.datastreams.find('hall/co2')).toMatchObject({ unit: 'ppm', undeclared: false })
  })

  it('points at what is wrong in a mapping', async () => {
    await using city = await servedApi()
    const mapping = path.join(city.dataDir, 'hall.yaml')
    writeFileSync(mapping, MAPPING.replace('columns: [at]', 'columns: 7'))
    const file = path.join(city.dataDir, 'hall.csv')
    writeFileSync(file, 'at,ppm\n')
    const { code, stdout, stderr } = await city.run('import', file, '--mapping', mapping, '--json')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/hall\.yaml:3:/)
  })

  it('reports a wrong flag while a large file is still being sent', async () => {
    await using city = await servedApi()
    const file = path.join(city.dataDir, 'large.csv')
    writeFileSync(file, Buffer.alloc(30_000_000, 'timestamp,a\n'))
    const { code, stderr } = await city.run('import', file, '--building', 'estate', '--property', 'No Such')
    expect(code).toBe(2)
    expect(stderr).toContain('property')
  })
})
