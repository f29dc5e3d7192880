import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFormat } from '../../api/web/format.ts'
import { buildingPage } from '../../api/web/pages/building.ts'
import { missingPage } from '../../api/web/pages/missing.ts'
import { overviewPage } from '../../api/web/pages/overview.ts'
import { reportPage } from '../../api/web/pages/report.ts'
import type { OverviewView } from '../../api/web/view.ts'
import * as buildings from '../support/pageBuildings.ts'
import * as overviews from '../support/pageOverviews.ts'
import { summary } from '../support/pageSummaries.ts'
import { FIXTURE_PAGES } from '../support/pageServer.ts'

const idFormat = createFormat('id', 'Asia/Makassar')
const enFormat = createFormat('en', 'Asia/Makassar')

/** A page's text without its tags, with single spaces. */
const textOf = async (page: unknown): Promise<string> =>
  String(await page)
    .replace(/<(style|script|title)[\s\S]*?<\/\1>/g, ' ')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/\u2060/g, '')
    .replace(/\s+/g, ' ')

const overviewText = (view: OverviewView, format = idFormat) => textOf(overviewPage(format, view))

describe('the overview', () => {
  it('opens with how many of the measured buildings are quiet', async () => {
    expect(await overviewText(overviews.overview())).toContain(
      '4 dari 6 gedung yang terukur lengang sekarang',
    )
    expect(await overviewText(overviews.overview(), enFormat)).toContain(
      '4 of 6 buildings measured are quiet now',
    )
  })

  it('says for a building how full, how warm, the air, the power, the class and when', async () => {
    const text = await overviewText(overviews.overview())
    expect(text).toContain('Lengang , ±80 dari 400 orang')
    expect(text).toContain('24,2 °C nyaman, segar')
    expect(text).toContain('86 kW efisien')
    expect(text).toContain('10.12 3 menit lalu')
  })

  it('names no number under ten', async () => {
    expect(await overviewText(overviews.overview())).toContain(
      'Lengang , jumlah persis disembunyikan demi privasi',
    )
  })

  it('shows what is expected for a building with old data, and withholds it for a silent one', async () => {
    const text = await overviewText(overviews.overview())
    expect(text).toContain('45–70 %')
    expect(text).toContain('Perkiraan. Terukur terakhir 08.41')
    expect(text).toContain('Sensor tidak menjawab sejak 07.55. Perkiraan ditahan.')
  })

  it('tells a share that would be rounded to none as under five per cent, on row and map', async () => {
    const [first] = overviews.overview().buildings
    const { people } = summary({ id: 'a', name: 'A' })
    if (!first || !people) throw new Error('the fixture has no people')
    const few = { ...first, capacity: 500, people: { ...people, people: 10, share: 0 } }
    const text = await overviewText(overviews.overview({ buildings: [few] }))
    expect(text).toContain('di bawah 5 %')
    expect(text).toContain('<5%')
    expect(text).not.toMatch(/(?<!\d)0 ?%/)
  })

  it('says until when the electricity of today is known', async () => {
    expect(await overviewText(overviews.overview())).toContain('Listrik sejak tengah malam sampai 10.00')
  })

  it('draws the land that the city file describes, else a grid', async () => {
    const square = [116.69, 116.71, 116.71, 116.69].map((lon, index): [number, number] => [
      lon,
      index < 2 ? -0.98 : -0.96,
    ])
    const water = [{ type: 'Polygon' as const, coordinates: [[...square, square[0] ?? [0, 0]]] }]
    const road = { type: 'LineString' as const, coordinates: square }
    const land = { water, forest: [], contours: [], roads: [road], otherBuildings: [] }
    const drawn = String(await overviewPage(idFormat, overviews.overview({ land })))
    expect(drawn).toContain('class="land-water"')
    expect(drawn).toContain('class="land-road"')
    expect(drawn).not.toMatch(/map-grid|land-forest/)
    for (const [, path] of drawn.matchAll(/d="([^"]+)" class="land/g)) expect(path).toMatch(/^[MLQZ\d -]+$/)
    expect(String(await overviewPage(idFormat, overviews.overview()))).toContain('map-grid')
  })

  it('keeps a building that was never measured in the list, with a dash', async () => {
    expect(await overviewText(overviews.overview())).toContain('estate Belum diukur.')
  })

  it.each([
    ['empty', overviews.emptyOverview(), 'Belum ada angka hari ini'],
    ['stale', overviews.staleOverview(), 'Tidak ada angka baru sekarang'],
    ['failing', overviews.failingOverview(), 'Angka tidak bisa dibaca sekarang'],
    ['closed', overviews.closedOverview(), 'Semua gedung tutup sekarang'],
  ])('says so when everything is %s', async (_, view, sentence) => {
    const text = await overviewText(view)
    expect(text).toContain(sentence)
    expect(text).toContain('Kantor Bersama Barat')
    expect(text).not.toMatch(/NaN|undefined|null|Infinity/)
  })

  it('still says opening hours when numbers cannot be read', async () => {
    expect(await overviewText(overviews.failingOverview())).toContain('Buka sampai 16.00')
  })

  it('marks demonstration data at the top and at each such building', async () => {
    const text = await overviewText(overviews.overview())
    expect(text.match(/Data demonstrasi/g)).toHaveLength(1 + 8)
    expect((await overviewText(overviews.overview(), enFormat)).match(/Demonstration data/g)).toHaveLength(
      1 + 8,
    )
  })
})

describe('the page of a building', () => {
  it('says how full, when it is quieter, and what tomorrow will use', async () => {
    const text = await textOf(buildingPage(idFormat, buildings.building()))
    expect(text).toContain('Sekitar 220 dari 400 orang, diukur 10.12')
    expect(text).toContain('13.00–14.00')
    expect(text).toContain('kemungkinan 2.900 sampai 3.440 kWh')
    expect(text).toContain('24 dari 30')
    expect(text).toContain('Efisien')
  })

  it('withholds the forecast of people while the sensors are silent', async () => {
    const page = String(await buildingPage(idFormat, buildings.silentBuilding()))
    expect(page).toContain('perkiraan untuk datang ditahan')
    expect(page.match(/class="post-forecast"/g) ?? []).toHaveLength(0)
  })

  it('does without capacity, area, hours and forecast for a building that only its data speak of', async () => {
    const text = await textOf(buildingPage(idFormat, buildings.emptyBuilding()))
    expect(text).toContain('Jam buka belum diketahui')
    expect(text).toContain('Luas belum diketahui')
    expect(text).not.toMatch(/NaN|undefined|null|Infinity/)
  })

  it('says how it feels inside, rounded and none under ten, and what votes changed', async () => {
    const text = await textOf(buildingPage(idFormat, buildings.building()))
    expect(text).toContain('Terlalu dingin di bawah 10 Pas ±60 Terlalu panas ±30 ±90 suara minggu lalu')
    expect(text).toContain('Sen 23 Nov Lantai 2, zona A. 31 suara')
    const empty = await textOf(buildingPage(enFormat, buildings.emptyBuilding()))
    expect(empty).toContain('Last week no answer had 10 votes')
    expect(empty).toContain('No change has been recorded')
    const voted = await textOf(buildingPage(enFormat, buildings.building(), buildings.voted))
    expect(voted).toContain('Your vote “too warm” has been counted. You can vote again at 11:14.')
  })

  it('says that the numbers cannot be read, and keeps what is known', async () => {
    const text = await textOf(buildingPage(idFormat, buildings.failingBuilding()))
    expect(text).toContain('Angka tidak bisa dibaca sekarang')
    expect(text).toContain('6.200 m²')
  })
})

describe('every page', () => {
  const pages = Object.entries(FIXTURE_PAGES).flatMap(([path, page]) => [
    [path, 'id', page] as const,
    [path, 'en', page] as const,
  ])

  it.each(pages)(
    '%s (%s) holds no script, style or handler of its own and loads nothing from elsewhere',
    async (_, language, page) => {
      const text = String(await page(language))
      expect(text).not.toMatch(/<style|\sstyle=|<script(?![^>]*\ssrc=")|\son\w+="|javascript:/i)
      expect(text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
      const ids = [...text.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1])
      expect(ids).toEqual([...new Set(ids)])
    },
  )

  it('shows hostile names as text', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ minLength: 1, unit: 'binary' }),
        fc.constantFrom('id', 'en'),
        async (name, language) => {
          const hostile = `"'><script>alert(1)</script><b onclick=x>&${name}`
          const format = createFormat(language, 'Asia/Makassar')
          const view = overviews.overview()
          view.buildings = view.buildings.map((building) => ({ ...building, name: hostile }))
          const pages = [
            overviewPage(format, view),
            buildingPage(format, {
              ...buildings.building(),
              building: summary({ id: 'x', name: hostile }),
              services: [hostile],
              openingLines: [{ days: hostile, hours: hostile }],
              forecast: { issuedAtMs: 0, model: hostile, coldStart: true, measuredShare: 0.5 },
              voice: {
                ...buildings.building().voice,
                zones: [{ id: hostile, name: hostile }],
                changes: [{ dayMs: 0, zone: hostile, text: { text: hostile, language } }],
              },
            }),
            buildingPage(format, buildings.building(), {
              report: { category: 'other', zone: hostile, text: hostile, problem: 'long' },
            }),
            reportPage(
              format,
              buildings.report({
                report: { ...buildings.report().report, text: hostile },
                outcome: { text: hostile, language },
                zone: hostile,
              }),
            ),
            missingPage(format, `/buildings/${encodeURIComponent(hostile.toWellFormed())}`),
          ]
          for (const page of pages) {
            const text = String(await page)
            expect(text).not.toContain('<script>')
            expect(text).not.toContain('<b onclick')
          }
        },
      ),
      { numRuns: 12 },
    )
  })
})
