import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { runBacktest } from '../analytics/backtest/backtest.ts'
import { readPeers } from '../analytics/backtest/peers.ts'
import { type BuildingWindows, PROTOCOLS, type Split, windowsOf } from '../analytics/backtest/windows.ts'
import { readDataset } from '../analytics/dataset/readDataset.ts'
import { measuredHours } from '../analytics/measuredHours.ts'
import { createScore, medianMetrics, type Score } from '../analytics/metrics.ts'
import { DEFAULT_MODELS, FORECAST_MODELS } from '../analytics/models/index.ts'
import { MS_PER_HOUR } from '../analytics/series.ts'
import { readMapping } from '../city/mapping/readMapping.ts'
import { printTable, say } from '../cli/output.ts'
import type { ForecastProperty } from '../store/forecasts.ts'
import { writePeerInput } from './forecast/peerFiles.ts'
import { isWellMeasured, spreadOut } from './forecast/wellMeasured.ts'
import { readFile } from 'node:fs/promises'

/**
 * Nadi's forecasts beside gradient-boosted trees (XGBoost and scikit-learn's HistGradientBoosting, of Debian), for each
 * building and as one global model, on the same cleaned hours and windows: see `forecast/peers.py`.
 *
 * `npm run bench -- forecast --set bdg2|cambridge|fitnesspark [--buildings N] [--models a,b]`: N well-measured buildings
 * (22; `fitnesspark`: all); models of Nadi (those of `nadi backtest`, and `ridge`). `--predictions FILE` keeps the peers'
 * forecasts, which `nadi backtest --peers FILE --report OUT.html` shows beside ours.
 */
interface DataSet {
  data: string
  mapping: string
  weather?: readonly string[]
  property: ForecastProperty
  split: Split
  /** Whether only well-measured buildings are taken. */
  isChosen: boolean
}

const root = path.resolve(import.meta.dirname, '..')
const shared = (name: string): string => path.resolve(root, '../shared/data', name)

const SETS: Readonly<Record<string, DataSet>> = {
  bdg2: {
    data: shared('bdg2/electricity-2016-2017.csv.gz'),
    mapping: 'bdg2-electricity',
    property: 'energy',
    split: { untilDate: '2017-01-01' },
    isChosen: true,
  },
  cambridge: {
    data: shared('cambridge/electricity-2017-2019.csv.gz'),
    mapping: 'cambridge-electricity',
    weather: [2017, 2018, 2019].map((year) => shared(`cambridge/weather-${year}.csv.gz`)),
    property: 'energy',
    split: { untilDate: '2019-01-01' },
    isChosen: true,
  },
  fitnesspark: {
    data: shared('fitnesspark/occupancy-2025.csv.gz'),
    mapping: 'fitnesspark-occupancy',
    property: 'occupancy',
    split: { fraction: 0.5 },
    isChosen: false,
  },
}

export const run = async (options: Readonly<Record<string, string>>): Promise<void> => {
  const set = SETS[options['set'] ?? 'bdg2']
  if (!set) throw new Error(`There is no set "${options['set']}": take ${Object.keys(SETS).join(', ')}.`)
  const names = options['models']?.split(',') ?? [...new Set([...DEFAULT_MODELS, 'ridge'])]
  const models = names.flatMap((name) => FORECAST_MODELS[name] ?? [])
  const mappingFile = path.join(root, `examples/import/${set.mapping}.yaml`)
  const { series } = await readDataset(set.data, {
    property: set.property,
    mapping: readMapping(await readFile(mappingFile, 'utf8'), mappingFile),
    weather: set.weather,
    nowMs: Date.now(),
  })
  const good = set.isChosen ? series.filter(isWellMeasured) : series
  const protocol = PROTOCOLS['buildingsbench']
  if (!protocol) throw new Error('There is no such protocol.')
  const spread = spreadOut(good, Number(options['buildings'] ?? 22))
  const buildings = spread.filter((it) => hasBothSides(windowsOf(it, set.split, protocol)))
  say(
    `${series.length} buildings, ${good.length} well measured; ${spread.length} spread over their names, of which ${buildings.length} are measured before and after the cut: ${buildings.map((it) => it.series.id).join(' ')}`,
  )
  const ours = new Map<string, Map<string, Score>>()
  const seconds = new Map<string, number>()
  const { windows, models: results } = await runBacktest({
    models,
    buildings,
    protocol,
    split: set.split,
    weatherMode: 'past',
  })
  for (const result of results) {
    ours.set(result.name, new Map(result.buildings))
    seconds.set(result.name, result.seconds ?? NaN)
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'nadi-peers-'))
  try {
    await writePeerInput(folder, windows)
    await runPeers(folder)
    const told: Record<string, { seconds: number }> = JSON.parse(
      await readFile(path.join(folder, 'peers.json'), 'utf8'),
    )
    const predictions = path.join(folder, 'predictions.csv')
    const { models: peers, findings } = await readPeers(
      predictions,
      { windows, models: results },
      { protocol },
    )
    for (const { message, count } of findings) say(`${count} ${message}`)
    for (const { name, buildings: scores } of peers) {
      ours.set(name, new Map(scores))
      seconds.set(name, told[name]?.seconds ?? NaN)
    }
    if (options['predictions'] !== undefined) await copyFile(predictions, options['predictions'])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  show(ours, seconds)
}

/** Whether a model of this building alone has something to learn from (eight weeks), and a day to forecast. */
const hasBothSides = ({ building: { series, truth }, cutoffMs, issuedAtMs }: BuildingWindows): boolean => {
  const before = truth.subarray(0, Math.max(0, (cutoffMs - series.startMs) / MS_PER_HOUR))
  return issuedAtMs.length > 0 && measuredHours(before) >= 8 * 7 * 24
}

const runPeers = async (folder: string): Promise<void> => {
  const script = path.join(import.meta.dirname, 'forecast/peers.py')
  const child = spawn('/usr/bin/python3', [script, folder], { stdio: ['ignore', 'inherit', 'inherit'] })
  const [code] = await once(child, 'exit')
  if (code !== 0)
    throw new Error('The peers failed. They need python3-xgboost, python3-sklearn and python3-pandas.')
}

const show = (
  models: ReadonlyMap<string, ReadonlyMap<string, Score>>,
  seconds: ReadonlyMap<string, number>,
): void => {
  const digits = (value: number | null, count: number): string => value?.toFixed(count) ?? '-'
  printTable(
    ['model', 'nrmse %', 'wmape %', 'pinball', 'in 80 %', '70 to 90 %', 'buildings', 'seconds'],
    [...models].map(([name, buildings]) => {
      const each = [...buildings.values()].map((score) => score.metrics())
      const overall = createScore()
      for (const score of buildings.values()) overall.join(score)
      const { nrmse, wmape, pinball } = medianMetrics(each)
      const inside = each.filter(({ coverage80 }) => (coverage80 ?? 0) >= 0.7 && (coverage80 ?? 0) <= 0.9)
      return [
        name,
        digits(nrmse, 2),
        digits(wmape, 2),
        digits(pinball, 3),
        digits(100 * (overall.metrics().coverage80 ?? NaN), 1),
        `${inside.length} of ${each.length}`,
        each.length,
        digits(seconds.get(name) ?? null, 0),
      ]
    }),
  )
  say(
    'Errors are medians over buildings; "70 to 90 %": buildings whose 80 % intervals hold 70 to 90 % of the hours.',
  )
  showBuildingByBuilding(models)
}

/** A median hides where a model goes astray: the geometric mean over buildings of nadi's nrmse over another's. */
const showBuildingByBuilding = (models: ReadonlyMap<string, ReadonlyMap<string, Score>>): void => {
  const nadi = models.get('nadi')
  if (!nadi) return
  const others = [...models].filter(([name]) => name !== 'nadi')
  printTable(
    ['nadi against', 'error by building', 'better in'],
    others.map(([name, buildings]) => {
      const ratios = [...nadi].flatMap(([id, score]) => {
        const own = score.metrics().nrmse
        const other = buildings.get(id)?.metrics().nrmse
        return own && other ? [own / other] : []
      })
      const meanRatio = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length)
      const better = ratios.filter((ratio) => ratio < 1).length
      return [name, `${(100 * (meanRatio - 1)).toFixed(1)} %`, `${better} of ${ratios.length}`]
    }),
  )
}
