import { expect, it } from 'vitest'
import type { DisclosedNow } from '../../api/buildings.ts'
import { readDoubts } from '../../api/web/model/doubts.ts'
import { createFormat } from '../../api/web/format.ts'
import { buildingPage } from '../../api/web/pages/building.ts'
import { QUALITY_KINDS, type Finding, type QualityKind } from '../../city/quality/finding.ts'
import { createQualityStore } from '../../store/quality.ts'
import { temporaryCatalogue } from '../store/catalogueFixture.ts'
import { doubtfulBuilding } from '../support/pageBuildings.ts'

const HOUR_MS = 3_600_000
const MIDNIGHT_MS = Date.UTC(2026, 10, 23, 16)
const NOW_MS = MIDNIGHT_MS + 10 * HOUR_MS
const SHOWN_MS = NOW_MS - 60_000

const shown = (properties: readonly string[]): Record<string, DisclosedNow> =>
  Object.fromEntries(
    properties.map((property) => [
      property,
      { value: 1, unit: '', timeMs: SHOWN_MS, ageSeconds: 60, state: 'fresh' as const },
    ]),
  )

const about = async (
  found: readonly (readonly [datastream: string, kind: QualityKind, fromMs: number, toMs: number | null])[],
  others: readonly string[] = [],
) => {
  await using at = await temporaryCatalogue()
  const { catalogue } = at
  using stack = new DisposableStack()
  const quality = stack.adopt(createQualityStore({ file: ':memory:' }), (it) => it.close())
  for (const path of [...found.map(([path]) => path), ...others]) catalogue.datastreams.declare({ path })
  quality.change(
    found.map(([path, kind, fromMs, toMs]) => {
      const put: Finding = { kind, fromMs, toMs, count: 1, detail: 'from 40 to 65535' }
      return { datastreamId: catalogue.datastreams.find(path)?.id ?? 0, put }
    }),
  )
  const now = shown(['occupancy', 'temperature', 'co2', 'power', 'energy'])
  return readDoubts({ catalogue, quality }, { id: 'hall', timeZone: 'Asia/Makassar' }, { now, nowMs: NOW_MS })
}

it('tells what lasts or touches the newest reading of a number, and no more', async () => {
  const doubts = await about([
    ['hall/power', 'stuck-value', NOW_MS - 20 * HOUR_MS, null],
    ['hall/co2', 'impossible-jump', SHOWN_MS - 60_000, SHOWN_MS],
    ['hall/temperature', 'impossible-jump', SHOWN_MS - HOUR_MS, SHOWN_MS - 1],
    ['other/power', 'stuck-value', NOW_MS - 20 * HOUR_MS, null],
  ])
  expect(doubts.map(({ place, finding }) => [place, finding?.kind])).toEqual([
    ['co2', 'impossible-jump'],
    ['power', 'stuck-value'],
  ])
})

it('tells of charts what touches today, and of the energy class what lay in its month', async () => {
  const doubts = await about([
    ['hall/energy', 'counter-reset', MIDNIGHT_MS + HOUR_MS, MIDNIGHT_MS + 2 * HOUR_MS],
    ['hall/energy', 'counter-reset', MIDNIGHT_MS - 240 * HOUR_MS, MIDNIGHT_MS - 239 * HOUR_MS],
    ['hall/energy', 'counter-reset', MIDNIGHT_MS - 999 * HOUR_MS, MIDNIGHT_MS - 998 * HOUR_MS],
    ['hall/occupancy', 'impossible-jump', MIDNIGHT_MS + HOUR_MS, MIDNIGHT_MS + 2 * HOUR_MS],
  ])
  expect(doubts.map(({ place, finding }) => [place, finding?.fromMs])).toEqual([
    ['peopleDay', MIDNIGHT_MS + HOUR_MS],
    ['energy', MIDNIGHT_MS + HOUR_MS],
    ['class', MIDNIGHT_MS - 240 * HOUR_MS],
  ])
})

it('leaves silence to the ages that stand beside numbers, but tells that the electricity meter is silent', async () => {
  const doubts = await about([
    ['hall/power', 'silence', SHOWN_MS, null],
    ['hall/energy', 'silence', SHOWN_MS, null],
    ['hall/energy', 'silence', MIDNIGHT_MS + HOUR_MS, MIDNIGHT_MS + 2 * HOUR_MS],
  ])
  expect(doubts).toEqual([
    { place: 'energy', parts: 0, finding: { kind: 'silence', fromMs: SHOWN_MS, toMs: null } },
  ])
})

it('tells of parts only how many are doubtful, and nothing where they are too few to hide one', async () => {
  const stuck = (path: string) => [path, 'stuck-value', NOW_MS - 20 * HOUR_MS, null] as const
  const parts = ['hall/a/co2', 'hall/b/co2', 'hall/c/co2']
  expect(await about([stuck('hall/a/co2')], parts)).toEqual([{ place: 'co2', parts: 1, finding: null }])
  expect(await about([stuck('hall/a/co2')], parts.slice(0, 2))).toEqual([])
})

it('says on the page what was found and what it spoils, in both languages, and never a value', async () => {
  const text = async (language: 'id' | 'en') =>
    String(await buildingPage(createFormat(language, 'Asia/Makassar'), doubtfulBuilding()))
      .replace(/<[^>]+>/g, ' ')
      .replace(/\s+/g, ' ')
  const english = await text('en')
  expect(english).toContain(
    'The electricity meter has sent nothing since 09:54; the hours since then are missing.',
  )
  expect(english).toContain(
    'The power meter has sent the same value since Monday 23 Nov 13:00; this number may be wrong.',
  )
  expect(english).toContain('Doubtful data on this page (7)')
  expect(await text('id')).toContain('Meteran listrik tidak mengirim apa pun sejak 09.54')
  expect(english).not.toMatch(/undefined|null|NaN/)
  const words = new Set(doubtfulBuilding().doubts.map(({ finding }) => finding?.kind))
  for (const kind of QUALITY_KINDS) expect(words.has(kind), kind).toBe(true)
})
