import type { BacktestSummary } from '../backtest/summary.ts'
import type { Metrics } from '../metrics.ts'
import { type Collected, hoursOf, type ReportCollector } from './collect.ts'

/** One model as the charts show it. */
export interface ReportModel {
  name: string
  /** 0: the model that the report is about. Decides the look. */
  place: number
  buildings: ReadonlyMap<string, Metrics>
  collected: ReadonlyMap<string, Collected>
  median: Metrics
  coverage80: number | null
  /** Per cent of the building's mean by hour ahead, the median over buildings. */
  errorByHour: readonly (number | null)[]
  /** Share of all truths at or below each quantile. */
  observed: readonly number[]
  seconds: number | null
  peakMemoryMb: number | null
}

/** `nadi` first when it is among them, else the one of the least error; the others by their error. */
export const toReportModels = (summary: BacktestSummary, collector: ReportCollector): ReportModel[] =>
  Object.entries(summary.models)
    .sort(([a, { median: x }], [b, { median: y }]) =>
      a === 'nadi' ? -1 : b === 'nadi' ? 1 : (x.nrmse ?? Infinity) - (y.nrmse ?? Infinity),
    )
    .map(([name, { median, overall, buildings, seconds, peakMemoryMb }], place) => {
      const collected = collector.models.get(name) ?? new Map<string, Collected>()
      const all = [...collected.values()]
      const hours = all.reduce((sum, each) => sum + hoursOf(each), 0)
      return {
        name,
        place,
        buildings: new Map(Object.entries(buildings)),
        collected,
        median,
        coverage80: overall.coverage80,
        errorByHour: hourErrors(all),
        observed: Array.from(
          { length: 9 },
          (_, q) => all.reduce((sum, { below }) => sum + (below[q] ?? 0), 0) / hours,
        ),
        seconds,
        peakMemoryMb,
      }
    })

/** An hour that was measured on fewer days (of a place that is closed then) says nothing. */
const LEAST_SHARE_OF_DAYS = 0.1

const hourErrors = (all: readonly Collected[]): (number | null)[] =>
  Array.from({ length: all[0]?.hours.length ?? 0 }, (_, hour) => {
    const shares = all
      .flatMap((each) => {
        if ((each.hours[hour] ?? 0) < LEAST_SHARE_OF_DAYS * Math.max(...each.hours)) return []
        const mean = each.truth / hoursOf(each)
        const error = (each.absolute[hour] ?? NaN) / (each.hours[hour] ?? 0)
        return mean > 0 && !Number.isNaN(error) ? [(100 * error) / mean] : []
      })
      .sort((a, b) => a - b)
    return shares[Math.floor((shares.length - 1) / 2)] ?? null
  })
