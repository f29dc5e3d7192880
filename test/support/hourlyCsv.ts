import { MS_PER_HOUR } from '../../analytics/series.ts'
import { syntheticSeries } from './syntheticSeries.ts'

/** `2026-01-05 00:00`, as files write it. */
export const writtenTime = (timeMs: number): string =>
  new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ')

/** A wide file: each column is a name and its cell for each hour from 2026-01-05 on. */
export const wideCsv = (
  columns: Readonly<Record<string, (hour: number) => string | number>>,
  hours: number,
  { startMs = Date.UTC(2026, 0, 5), stepMs = MS_PER_HOUR } = {},
): string => {
  const rows = Array.from({ length: hours }, (_, hour) =>
    [writtenTime(startMs + hour * stepMs), ...Object.values(columns).map((cell) => cell(hour))].join(','),
  )
  return `${['timestamp', ...Object.keys(columns)].join(',')}\n${rows.join('\n')}\n`
}

/** The cells of an office that works as it should. */
export const officeCells = (seed = 1): ((hour: number) => string) => {
  const { values } = syntheticSeries({ seed, days: 200 })
  return (hour) => (values[hour] ?? 0).toFixed(3)
}
