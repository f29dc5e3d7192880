import type { Plan } from './plan.ts'
import type { Series } from './series.ts'
import { parseNumber } from './value.ts'
import type { ClockChange } from './wallClock.ts'

/** A reading of a file, with the series that it belongs to. */
export interface FileReading {
  datastream: string
  timeMs: number
  value: number
  series: Series
  line: number
  /** What the change of clocks did to its time. */
  change: ClockChange
}

/** A cell, or a whole line (`series` null), that is no reading although it should be one. */
export interface Rejection {
  /** 1 is the first line of the file. */
  line: number
  series: string | null
  reason: string
}

export interface RowResult {
  readings: FileReading[]
  rejected: Rejection[]
}

/**
 * One row to its readings: the only such function, so that an import and a replay of the same file agree. `cells` are
 * the row's fields in the order of `plan.columns`, `line` is where the row begins. An empty cell, or one that the
 * mapping calls missing, is no reading. Rows must come in the file's order (see `Plan`).
 */
export const readRow = (plan: Plan, cells: readonly string[], line: number): RowResult => {
  const result: RowResult = { readings: [], rejected: [] }
  const { decimal, missing } = plan.mapping.format
  const text = plan.timeColumns.map((index) => cells[index]?.trim() ?? '').join(' ')
  const written = plan.parseTime(text)
  if (written && !written.isInstant) {
    for (const clock of plan.clocks) clock.toInstant(written.ms, line)
  }
  for (const group of plan.groups) {
    const found = group.seriesOf(cells)
    if (group.keys.length > 0 && written && !written.isInstant) {
      // Whatever cells are empty, the hour has passed for this series.
      for (const series of found) if (typeof series !== 'string') series.clock.toInstant(written.ms, line)
    }
    group.values.forEach((index, position) => {
      const cell = cells[index]?.trim() ?? ''
      const series = found[position]
      if (cell === '' || missing.includes(cell) || series === undefined) return
      const reject = (reason: string): void => {
        result.rejected.push({ line, series: typeof series === 'string' ? null : series.datastream, reason })
      }
      if (typeof series === 'string') return reject(series)
      if (!written) return reject(timeProblem(plan, text))
      const value = parseNumber(cell, decimal)
      if (value === undefined) return reject(`${quoted(cell)} is not a number`)
      const timeMs = written.isInstant ? written.ms : series.clock.toInstant(written.ms, line)
      const accepted = series.accept(value, timeMs)
      if (typeof accepted === 'string') return reject(accepted)
      const change = written.isInstant ? 'none' : series.clock.change
      result.readings.push({ datastream: series.datastream, timeMs, value: accepted, series, line, change })
    })
  }
  return result
}

const timeProblem = (plan: Plan, text: string): string =>
  text.trim() === ''
    ? 'the time is empty'
    : `${quoted(text)} is not a time of the format ${plan.mapping.time.format}`

const quoted = (text: string): string => `"${text.length > 40 ? `${text.slice(0, 40)}...` : text}"`
