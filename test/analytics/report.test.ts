import { describe, expect, it } from 'vitest'
import { runBacktest } from '../../analytics/backtest/backtest.ts'
import { toSummary } from '../../analytics/backtest/summary.ts'
import { PROTOCOLS } from '../../analytics/backtest/windows.ts'
import { clean } from '../../analytics/dataset/clean.ts'
import { FORECAST_MODELS } from '../../analytics/models/index.ts'
import { createReportCollector } from '../../analytics/report/collect.ts'
import { INK, legendAbove, lookOf } from '../../analytics/report/draw.ts'
import { reportPage } from '../../analytics/report/page.ts'
import type { HourlySeries } from '../../analytics/series.ts'
import type { Finding } from '../../store/table/findings.ts'
import { syntheticSeries } from '../support/syntheticSeries.ts'

const report = async (
  buildings: readonly HourlySeries[],
  { findings = [], fraction = 0.7 }: { findings?: readonly Finding[]; fraction?: number } = {},
) => {
  const collector = createReportCollector()
  const result = await runBacktest({
    models: ['seasonal-week', 'four-weeks'].map((name) => FORECAST_MODELS[name]!),
    buildings: buildings.map(clean),
    protocol: PROTOCOLS['buildingsbench']!,
    split: { fraction },
    weatherMode: 'past',
    onForecast: (forecast) => collector.add(forecast),
  })
  const summary = toSummary(result, { findings, versions: { nadi: '0' } })
  const page = await reportPage(summary, collector, {
    data: 'meters.csv',
    unit: 'kWh',
    timeZones: new Map(buildings.map(({ id, timeZone }) => [id, timeZone])),
    made: [['protocol', 'buildingsbench']],
  })
  return { page, summary }
}

describe('the report of a backtest', () => {
  it('is one page that loads nothing and runs no script', async () => {
    const { page } = await report([syntheticSeries({ id: 'a' }), syntheticSeries({ id: 'b', seed: 4 })])
    expect(page).not.toMatch(/<script|\bsrc=|<link|@import|url\((?!#)/)
    // Names of XML spaces are no addresses that anything is loaded from.
    expect(page.replaceAll(/xmlns(:\w+)?="[^"]*"/g, '')).not.toMatch(/https?:/)
    expect(page.match(/<svg /g)?.length).toBeGreaterThanOrEqual(7)
  })

  it('draws each colour as a property of the page, for light and dark', async () => {
    const { page } = await report([syntheticSeries()])
    for (const color of Object.values(INK)) expect(page).not.toContain(color)
    const used = new Set([...page.matchAll(/var\((--[a-z0-9]+)\)/g)].map(([, name]) => name))
    for (const name of used) expect(page.split(`${name}:`).length).toBe(3)
  })

  it('gives the first model a colour of its own, however many there are', () => {
    const others = Array.from({ length: 20 }, (_, at) => lookOf(at + 1).color)
    expect(others).not.toContain(lookOf(0).color)
  })

  it('keeps room above a chart for as many rows of names as there are', () => {
    const rowPx = legendAbove(['nadi'], 500).heightPx
    expect(legendAbove(['nadi', 'ridge', 'four-weeks'], 500).heightPx).toBe(rowPx)
    expect(legendAbove(Array<string>(9).fill('hgb-quantile-building'), 500).heightPx).toBe(5 * rowPx)
  })

  it('names every model, building and finding, and lets no name write into the page', async () => {
    const name = '<b onclick="x">7 & 8</b>'
    const { page, summary } = await report([syntheticSeries({ id: name })], {
      findings: [{ code: 'spikes', series: name, message: 'hours above 20 times', count: 3 }],
    })
    expect(page).not.toContain('<b onclick')
    expect(page).toContain('&lt;b onclick=&quot;x&quot;&gt;7 &amp; 8&lt;/b&gt;')
    expect(page).toContain(summary.models['four-weeks']?.median.nrmse?.toFixed(2))
    expect(page).toContain('hours above 20 times')
  })

  it('can be drawn of a single building whose mean is zero', async () => {
    const series = { ...syntheticSeries({ days: 84 }), property: 'occupancy' as const }
    series.values.fill(0, 79 * 24)
    const { page, summary } = await report([series], { fraction: 0.935 })
    expect(summary.models['four-weeks']?.median.nrmse).toBeNull()
    expect(page).toContain('</html>')
  })
})
