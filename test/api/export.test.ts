import { readdirSync, readlinkSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hourlyHistory } from '../../analytics/hourlyHistory.ts'
import { fromSnapshotId, toSnapshotId } from '../../api/export/snapshotId.ts'
import { datastreamMatcher, isDatastreamPattern } from '../../city/datastreamPattern.ts'
import { until } from '../support/until.ts'
import { HOUR_MS, MINUTE_MS, NOW_MS, openTestApi, type TestApi } from './testApi.ts'

let api: TestApi
beforeAll(async () => {
  api = await openTestApi()
  const readings = ['occupancy', 'presence', 'temperature'].flatMap((property) =>
    Array.from({ length: 60 }, (_, minute) => ({
      datastream: `shared-office/${property}`,
      timeMs: NOW_MS - HOUR_MS + minute * MINUTE_MS,
      value: property === 'presence' ? 1 : 3 + (minute % 30),
    })),
  )
  await api.append(...readings)
})
afterAll(() => api[Symbol.asyncDispose]())

const rowsOf = async (query: string, role: 'operator' | 'scientist'): Promise<Record<string, unknown>[]> => {
  const response = await api.get(`/v1/export?format=jsonl&${query}`, role)
  const text = await response.text()
  expect(response.status, text).toBe(200)
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** Files of exports that this process has open, whether or not they still have a name. */
const openExports = (scratchDir: string): string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`)
      return target.startsWith(`${scratchDir}/export-`) ? [target] : []
    } catch {
      return []
    }
  })

describe('an export', () => {
  it('tells a scientist people as everybody has them, and presence not at all', async () => {
    const rows = await rowsOf('datastreams=shared-office', 'scientist')
    expect(new Set(rows.map(({ property }) => property))).toEqual(new Set(['occupancy', 'temperature']))
    const people = rows.filter(({ property }) => property === 'occupancy')
    expect(people).toHaveLength(60)
    for (const { value, suppressed } of people) {
      expect(suppressed ? value : Number(value) % 10).toBe(suppressed ? null : 0)
    }
    expect(people.some(({ suppressed }) => suppressed === true)).toBe(true)
    const buckets = await rowsOf('datastreams=shared-office/occupancy&bucket=1h', 'scientist')
    expect(buckets.map(({ sum }) => sum)).toEqual(buckets.map(() => null))
    const beside = await rowsOf(
      'datastreams=shared-office/temperature&bucket=5m&covariates=shared-office/occupancy',
      'scientist',
    )
    for (const row of beside) expect([null, 10, 20, 30]).toContain(row['shared-office/occupancy'])
  })

  it('sets beside each row what its own building has', async () => {
    await api.append({ datastream: 'library/temperature', timeMs: NOW_MS - HOUR_MS, value: 25 })
    const rows = await rowsOf('datastreams=*/temperature&bucket=1h&covariates=occupancy', 'operator')
    const besides = (building: string) =>
      new Set(rows.filter((row) => row['building'] === building).map((row) => row['occupancy']))
    expect(besides('library')).toEqual(new Set([null]))
    expect([...besides('shared-office')].some((value) => typeof value === 'number')).toBe(true)
    await api.json('/v1/export?datastreams=*/temperature&bucket=1h&covariates=water', 'operator', 404)
    await api.json('/v1/export?datastreams=*/temperature&bucket=1h&covariates=quality', 'operator', 400)
    await api.json('/v1/export?datastreams=*/temperature&bucket=1h&covariates=presence', 'scientist', 403)
  })

  it('tells an operator exactly what was measured', async () => {
    const rows = await rowsOf('datastreams=shared-office/occupancy', 'operator')
    expect(rows.map(({ value }) => value)).toEqual(
      Array.from({ length: 60 }, (_, minute) => 3 + (minute % 30)),
    )
  })

  it('gives another role no more than its own rows by the snapshot of an operator', async () => {
    const response = await api.get('/v1/export?datastreams=shared-office/occupancy', 'operator')
    const snapshot = response.headers.get('nadi-snapshot') ?? ''
    await response.body?.cancel()
    await api.json(`/v1/export?snapshot=${snapshot}`, 'scientist', 409)
    expect((await api.get(`/v1/export?snapshot=${snapshot}`)).status).toBe(401)
    await api.json(`/v1/export?snapshot=${snapshot}&bucket=1h`, 'operator', 400)
  })

  it('leaves nothing in the scratch folder', async () => {
    await (await api.get('/v1/export?datastreams=shared-office&format=parquet', 'operator')).arrayBuffer()
    await api.json('/v1/export?datastreams=nowhere', 'operator', 404)
    expect(readdirSync(api.context.scratchDir).filter((name) => name.startsWith('export-'))).toEqual([])
  })

  it.each(['GET, read in part', 'GET, never read', 'HEAD'])('leaves no file open after a %s', async (how) => {
    const response = await api.app.request('/v1/export?datastreams=shared-office', {
      method: how === 'HEAD' ? 'HEAD' : 'GET',
      headers: { authorization: `Bearer ${api.keys.operator}` },
    })
    expect(response.status).toBe(200)
    // A tag would have been made of the whole file, read into memory.
    expect(response.headers.get('etag')).toBeNull()
    const reader = response.body?.getReader()
    if (how === 'GET, read in part') await reader?.read()
    await reader?.cancel()
    await until(() => openExports(api.context.scratchDir).length === 0)
  })

  it.each([
    'datastreams=A b',
    'datastreams=library&bucket=7x',
    'datastreams=x&to=now',
    'format=csv',
    'datastreams=x&format=xls',
  ])('is refused for %s', async (query) => {
    expect((await api.get(`/v1/export?${query}`, 'operator')).status).toBe(400)
  })
})

describe('a label', () => {
  it('is left out of the history that models learn from', async () => {
    const datastream = api.context.catalogue.datastreams.find('shared-office/temperature')
    if (!datastream) throw new Error('it was appended')
    const question = { fromMs: NOW_MS - HOUR_MS, toMs: NOW_MS, timeZone: 'Asia/Makassar' }
    const label = { about: 'shared-office', fromMs: NOW_MS - MINUTE_MS, toMs: NOW_MS, reason: 'works' }
    const { observations } = api.context
    expect(await hourlyHistory(observations, datastream, question)).toHaveLength(1)
    expect(await hourlyHistory(observations, datastream, { ...question, labels: [label] })).toEqual([])
    const elsewhere = [
      { ...label, about: 'shared-office/energy' },
      { ...label, about: 'shared' },
    ]
    expect(await hourlyHistory(observations, datastream, { ...question, labels: elsewhere })).toHaveLength(1)
  })

  it.each([
    [{ from: '2026-11-03', to: '2026-11-03' }, 400],
    [{ from: 'then' }, 400],
    [{ about: 'nowhere/energy' }, 404],
    [{ reason: ' ' }, 400],
  ])('is refused with %o', async (wrong, status) => {
    const body = { about: 'shared-office', from: '2026-11-03', to: '2026-11-04', reason: 'works', ...wrong }
    const response = await api.app.request('/v1/labels', {
      method: 'POST',
      headers: { authorization: `Bearer ${api.keys.scientist}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect(response.status).toBe(status)
  })
})

describe('a pattern of Datastreams', () => {
  it.each([
    ['library', ['library/energy', 'library/floor-1/co2']],
    ['library/energy', ['library/energy']],
    ['*/energy', ['clinic/energy', 'library/energy']],
    ['lib*/**', ['library/energy', 'library/floor-1/co2']],
    ['**/co2', ['library/floor-1/co2']],
    ['libr', []],
  ])('%s names %o', (pattern, expected) => {
    const all = ['clinic/energy', 'library/energy', 'library/floor-1/co2']
    expect(isDatastreamPattern(pattern)).toBe(true)
    expect(all.filter(datastreamMatcher(pattern))).toEqual(expected)
  })

  it('answers at once, however many stars it has', () => {
    const path = `${'a'.repeat(190)}/energy`
    expect(datastreamMatcher(`${'*a'.repeat(90)}/b`)(path)).toBe(false)
    expect(datastreamMatcher(`${'**a'.repeat(60)}**`)(path)).toBe(true)
  })

  it('fits what a regular expression of the same meaning fits', () => {
    const parts = fc.array(fc.constantFrom('a', 'b', '/', '*', '**'), { minLength: 1, maxLength: 6 })
    const paths = fc.array(fc.constantFrom('a', 'b', '/'), { maxLength: 8 })
    fc.assert(
      fc.property(parts, paths, (pattern, path) => {
        const text = pattern.join('')
        if (!text.includes('*')) return
        const meaning = text.replaceAll(/\*+/g, (stars) => (stars.length > 1 ? '.*' : '[^/]*'))
        expect(datastreamMatcher(text)(path.join(''))).toBe(new RegExp(`^${meaning}$`).test(path.join('')))
      }),
    )
  })
})

describe('a snapshot id', () => {
  it('holds its question, and any other text is refused', () => {
    const path = fc.constantFrom('library', '*/energy', 'a/**')
    const times = fc.tuple(fc.nat(), fc.nat(), fc.nat())
    const sha256 = fc.stringMatching(/^[0-9a-f]{64}$/)
    fc.assert(
      fc.property(path, times, sha256, (pattern, [fromMs, toMs, rows], hash) => {
        const question = { pattern, fromMs, toMs, bucket: '1h', covariates: ['occupancy', 'b/temperature'] }
        const snapshot = { question, rows, sha256: hash }
        expect(fromSnapshotId(toSnapshotId(snapshot))).toEqual(snapshot)
      }),
    )
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => fromSnapshotId(text)).toThrow('This is no snapshot id')
      }),
    )
  })
})
