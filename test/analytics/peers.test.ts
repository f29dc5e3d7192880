import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { runBacktest } from '../../analytics/backtest/backtest.ts'
import { readPeers } from '../../analytics/backtest/peers.ts'
import { createPredictionsFile } from '../../analytics/backtest/predictionsFile.ts'
import { PROTOCOLS } from '../../analytics/backtest/windows.ts'
import { clean } from '../../analytics/dataset/clean.ts'
import { FORECAST_MODELS } from '../../analytics/models/index.ts'
import { syntheticSeries } from '../support/syntheticSeries.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const protocol = PROTOCOLS['buildingsbench']!

/** A backtest with its predictions file in a temporary folder, and the file read back as that of peers. */
const withPredictions = async (name: string) => {
  const folder = await temporaryFolder()
  const file = path.join(folder.path, name)
  const predictions = createPredictionsFile(file)
  const result = await runBacktest({
    models: [FORECAST_MODELS['four-weeks']!],
    buildings: [clean(syntheticSeries({ id: 'Bldg "7", east' }))],
    protocol,
    split: { fraction: 0.6 },
    weatherMode: 'past',
    onForecast: (forecast) => predictions.write(forecast),
  })
  await predictions.close()
  return { ...folder, file, result, peers: () => readPeers(file, result, { protocol }) }
}

describe('the predictions of peers', () => {
  it.each(['p.csv', 'p.csv.gz'])('are scored as ours would be: %s', async (name) => {
    await using run = await withPredictions(name)
    const { models, findings } = await run.peers()
    expect(findings).toEqual([])
    const ours = run.result.models[0]?.overall.metrics()
    const theirs = models[0]?.overall.metrics()
    expect(theirs?.windows).toBe(ours?.windows)
    expect(theirs?.nrmse).toBeCloseTo(ours?.nrmse ?? NaN, 6)
    expect(theirs?.pinball).toBeCloseTo(ours?.pinball ?? NaN, 6)
    expect(models[0]).toMatchObject({ name: 'four-weeks (peer)', seconds: null })
  })

  it('are held against our truth, whatever theirs is, and quantiles that cross are put in order', async () => {
    await using run = await withPredictions('p.csv')
    const [header, ...rows] = (await readFile(run.file, 'utf8')).trim().split('\n')
    const changed = rows.map((row) => {
      const cells = row.split(',')
      const quantiles = cells.slice(-10, -1).toReversed()
      return [...cells.slice(0, -10), ...quantiles, '1'].join(',')
    })
    await writeFile(run.file, [header, ...changed].join('\n'))
    const { models } = await run.peers()
    expect(models[0]?.overall.metrics().nrmse).toBeCloseTo(
      run.result.models[0]?.overall.metrics().nrmse ?? NaN,
      6,
    )
  })

  it('that are of other days, cut off or no forecasts are told and not scored', async () => {
    await using run = await withPredictions('p.csv')
    const text = await readFile(run.file, 'utf8')
    const [, first = ''] = text.split('\n')
    const rows = [
      first.replaceAll('2026-', '2031-'),
      first.replace(/T00:00:00Z,2026[^,]*,[^,]*/, 'T00:00:00Z,2026-02-25T00:00:00Z,abc'),
    ]
    await writeFile(run.file, `${text.split('\n').slice(0, -3).join('\n')}\n${rows.join('\n')}\n`)
    const { findings, models } = await run.peers()
    expect(findings.map(({ code, count }) => [code, count])).toEqual([
      ['peer-rows-bad', 1],
      ['peer-rows-other', 1],
      ['peer-days-cut', 1],
    ])
    expect(models[0]?.overall.metrics().windows).toBe(
      (run.result.models[0]?.overall.metrics().windows ?? NaN) - 1,
    )
  })

  it('that are no predictions at all are refused', async () => {
    await using run = await withPredictions('p.csv')
    await writeFile(run.file, 'a,b\n1,2\n')
    await expect(run.peers()).rejects.toThrow(/no predictions file.*issue_time/)
  })
})
