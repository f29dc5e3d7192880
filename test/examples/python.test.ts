import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { servedApi } from '../cli/fixture.ts'

const root = path.resolve(import.meta.dirname, '../..')
const HOUR_MS = 3_600_000
const DAYS = 70

/** Debian's own Python with what the example needs; elsewhere the test is skipped. */
const missing = !existsSync('/usr/lib/python3/dist-packages/sklearn')
if (missing && process.env['CI'] === 'true')
  throw new Error('python3-sklearn is missing, and in CI it must be there')

const refit = async (...args: string[]) => {
  const { stdout } = await promisify(execFile)('/usr/bin/python3', ['examples/python/refit.py', ...args], {
    cwd: root,
    env: { ...process.env, NADI_COMMAND: `${process.execPath} ${path.join(root, 'bin/nadi.mjs')}` },
  })
  return JSON.parse(stdout)
}

/** Offices by day, with weeks that are now fuller, now emptier. */
const energyAt = (hour: number): number => {
  const [day, ofDay] = [Math.floor(hour / 24), hour % 24]
  const isOpen = day % 7 < 5 && ofDay >= 8 && ofDay < 18
  return 10 + (isOpen ? 30 + 10 * Math.sin(day / 3) : 0) + Math.sin(hour * 1.3)
}

describe.skipIf(missing)('a data scientist with Debian’s Python', () => {
  it('refits a model from the Parquet export and from the API, on the same data, without what was labelled', async () => {
    await using city = await servedApi()
    const startMs = Math.floor(Date.now() / HOUR_MS - DAYS * 24) * HOUR_MS
    city.catalogue.datastreams.declare({ path: 'library/energy', kind: 'interval', intervalSeconds: 3600 })
    await city.intake.append(
      Array.from({ length: DAYS * 24 }, (_, hour) => ({
        datastream: 'library/energy',
        timeMs: startMs + hour * HOUR_MS,
        value: energyAt(hour),
      })),
    )
    const iso = (hour: number): string => new Date(startMs + hour * HOUR_MS).toISOString()
    city.catalogue.labels.add({
      about: 'library/energy',
      fromMs: startMs + 100 * HOUR_MS,
      toMs: startMs + 110 * HOUR_MS,
      reason: 'meter exchanged',
      createdMs: startMs,
      createdBy: 'a test',
    })
    const file = path.join(city.dataDir, 'energy.parquet')
    const period = ['--from', iso(0), '--to', iso(DAYS * 24), '--bucket', '1h']
    const exported = await city.json('export', 'library/energy', ...period, '--parquet', '--output', file)

    const fromFile = await refit('--file', file)
    expect(fromFile).toMatchObject({ heldBackHours: 14 * 24, labelledHours: 10 })
    expect(fromFile.nrmse).toBeLessThan(fromFile.nrmseWeekBefore)
    // A pandas that reads Parquet itself does not tell the file's metadata.
    if (fromFile.snapshot !== null) expect(fromFile.snapshot).toBe(exported.snapshot)

    const fromCity = await refit(
      '--url',
      city.url,
      '--token',
      city.administrator,
      '--datastream',
      'library/energy',
    )
    expect({ ...fromCity, snapshot: '' }).toEqual({ ...fromFile, snapshot: '' })
    expect(fromCity.snapshot).toBeTypeOf('string')
  })
})
