import { afterAll, beforeAll, expect, it } from 'vitest'
import type { QualityKind } from '../../city/quality/finding.ts'
import { HOUR_MS, NOW_MS, openTestApi, type TestApi } from './testApi.ts'

let api: TestApi
const REGISTER = 'shared-office/energy'
const ZONE = 'shared-office/floor-2/zone-a/temperature'
const PEOPLE = 'library/occupancy'
const DAY_MS = 24 * HOUR_MS

beforeAll(async () => {
  api = await openTestApi()
  await api.append(...[REGISTER, ZONE].map((datastream) => ({ datastream, timeMs: NOW_MS, value: 20 })))
})
afterAll(() => api[Symbol.asyncDispose]())

const find = (
  datastream: string,
  kind: QualityKind,
  [fromMs, toMs]: [number, number | null],
  detail = '',
) => {
  const { catalogue, quality } = api.context
  const datastreamId = catalogue.datastreams.find(datastream)?.id ?? 0
  quality.change([{ datastreamId, put: { kind, fromMs, toMs, count: 1, detail } }])
}

const page = async (language = 'en'): Promise<string> => {
  const response = await api.get(`/ops?lang=${language}`, 'operator')
  expect(response.status).toBe(200)
  return response.text()
}

/** The rows of one building's table: Datastream, finding, since, what to do. */
const rowsOf = (text: string, building: string): string[][] => {
  const table = text.split(`: ${building}">`)[1]?.split('</table>')[0] ?? ''
  return table
    .split('<tr>')
    .slice(2)
    .map((row) =>
      row
        .split('<td')
        .slice(1)
        .map((cell) =>
          cell
            .replace(/^[^>]*>/, '')
            .replace(/<[^>]+>/g, '')
            .replace(/\s+/g, ' ')
            .trim(),
        ),
    )
}

const accesses = () =>
  api.context.catalogue.audit.list({ limit: 1000 }).filter(({ action }) => action === 'access.quality')

it('says that nothing is doubtful when nothing is', async () => {
  expect(await page()).toContain('Nothing was doubtful within a day.')
  expect(await page('id')).toContain('Tidak ada yang meragukan')
})

it('lists what lasts and what ended within a day, by building, newest first, and what to do', async () => {
  find(REGISTER, 'counter-reset', [NOW_MS - 3 * HOUR_MS, NOW_MS - 2 * HOUR_MS], 'fell <b>from</b> 101 to 5')
  find(ZONE, 'silence', [NOW_MS - 40 * DAY_MS, null], 'no reading since')
  find(REGISTER, 'counter-rollover', [NOW_MS - 2 * DAY_MS, NOW_MS - DAY_MS - 1], 'long over')
  const text = await page()
  const rows = rowsOf(text, 'Shared office')
  expect(rows.map(([datastream]) => datastream)).toEqual([REGISTER, ZONE])
  expect(rows[0]?.[1]).toBe('register fell: fell &lt;b&gt;from&lt;/b&gt; 101 to 5')
  expect(rows[0]?.[2]).toBe('24 Nov 2026, 07:00–08:00')
  expect(rows[0]?.[3]).toMatch(/^Ask whether the meter was exchanged/)
  expect(rows[1]?.[2]).toMatch(/^15 Oct 2026, 10:00 lasts$/)
  expect(text).toContain('2 of 2')
  expect(text).not.toContain('Library">')
})

it('is capped for each building, says how many there are, and links to all of them', async () => {
  for (let at = 0; at < 30; at += 1) {
    find(ZONE, 'impossible-jump', [NOW_MS - HOUR_MS + at * 1000, NOW_MS - HOUR_MS + at * 1000 + 500])
  }
  const text = await page()
  expect(rowsOf(text, 'Shared office')).toHaveLength(20)
  expect(text).toContain('20 of 32')
  const href = /href="(\/v1\/quality[^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? ''
  const { items } = await api.json(href, 'operator')
  expect(items).toHaveLength(32)
})

it('is audited where an exact count of people stands in a sentence, and only there', async () => {
  expect(accesses()).toEqual([])
  await api.append({ datastream: PEOPLE, timeMs: NOW_MS, value: 41 })
  find(PEOPLE, 'impossible-jump', [NOW_MS - HOUR_MS, NOW_MS], 'from 41 to 65535')
  expect(await page()).toContain('from 41 to 65535')
  expect(accesses()).toMatchObject([{ subject: 'all', actor: { kind: 'key' } }])
  expect((await api.get('/ops', 'scientist')).status).toBe(403)
  expect(accesses()).toHaveLength(1)
})

it('counts as many as it finds', () => {
  const { catalogue, quality } = api.context
  const ids = catalogue.datastreams.list().map(({ id }) => id)
  // Few are looked up one by one; many are gone through from the newest on.
  for (const datastreamIds of [
    ids,
    [...ids, ...Array.from({ length: 60 }, (_, at) => 1000 + at)],
    undefined,
  ]) {
    for (const more of [{}, { open: true }, { fromMs: NOW_MS - DAY_MS }, { toMs: NOW_MS - HOUR_MS }]) {
      const question = { datastreamIds, ...more }
      expect(quality.count(question)).toBe(quality.find({ ...question, limit: 1000 }).length)
    }
    expect(quality.count({ datastreamIds })).toBe(34)
  }
})
