import { condensed, type Finding } from '../../store/table/findings.ts'
import { type Metrics, medianMetrics } from '../metrics.ts'
import type { BacktestResult, ModelResult } from './backtest.ts'
import type { ExcludedWindow } from './windows.ts'

/** A backtest as a program reads it. */
export interface BacktestSummary {
  models: Readonly<Record<string, ModelSummary>>
  findings: readonly Finding[]
  versions: Readonly<Record<string, string>>
  /** The days that no model was asked for, or that the named one would not forecast. */
  excluded: readonly { model?: string; building: string; issueTime: string; reason: string }[]
}

export interface ModelSummary {
  /** Of each figure the median over buildings. */
  median: Metrics
  /** All hours of all buildings together: what share of them lay inside the intervals. */
  overall: Pick<Metrics, 'coverage50' | 'coverage80' | 'coverage90' | 'windows'>
  buildings: Readonly<Record<string, Metrics>>
  /** Null for forecasts that were made elsewhere. */
  seconds: number | null
  /** Peak of the process's resident memory while this model learned and forecast, in MB. */
  peakMemoryMb: number | null
}

export const toSummary = (
  { models, windows }: BacktestResult,
  { findings, versions }: { findings: readonly Finding[]; versions: Readonly<Record<string, string>> },
): BacktestSummary => ({
  models: Object.fromEntries(models.map((model) => [model.name, modelSummary(model)])),
  findings: condensed([...findings, ...ofExcluded(windows.flatMap(({ excluded }) => excluded))]),
  versions: {
    ...versions,
    ...Object.fromEntries(models.map(({ name, version }) => [`model ${name}`, version])),
  },
  excluded: [
    ...windows.flatMap(({ excluded }) => excluded.map(toExcluded)),
    ...models.flatMap(({ name, refused }) =>
      refused.map((window) => ({ model: name, ...toExcluded(window) })),
    ),
  ],
})

const modelSummary = ({ buildings, overall, seconds, peakMemoryMb }: ModelResult): ModelSummary => {
  const metrics = [...buildings].map(([id, score]) => [id, score.metrics()] as const)
  const { coverage50, coverage80, coverage90, windows } = overall.metrics()
  return {
    median: medianMetrics(metrics.map(([, each]) => each).filter((each) => each.windows > 0)),
    overall: { coverage50, coverage80, coverage90, windows },
    buildings: Object.fromEntries(metrics),
    seconds,
    peakMemoryMb,
  }
}

const toExcluded = ({ building, issuedAtMs, reason }: ExcludedWindow) => ({
  building,
  issueTime: new Date(issuedAtMs).toISOString(),
  reason,
})

const ofExcluded = (excluded: readonly ExcludedWindow[]): Finding[] =>
  [...Map.groupBy(excluded, ({ building, reason }) => JSON.stringify([building, reason])).values()].flatMap(
    (windows) => {
      const [first] = windows
      if (!first) return []
      return {
        code: 'windows-excluded',
        series: first.building,
        message: `days that are not forecast: ${first.reason}`,
        count: windows.length,
      }
    },
  )
