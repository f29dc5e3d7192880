import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { requireTimeColumn } from '../../city/mapping/flags.ts'
import { columnNames, createPlan } from '../../city/mapping/plan.ts'
import { readRow, type Rejection } from '../../city/mapping/readRow.ts'
import { splitFields } from '../../city/mapping/records.ts'
import type { Series } from '../../city/mapping/series.ts'
import type { Mapping } from '../../city/mapping.ts'
import type { Finding } from '../../store/table/findings.ts'
import { openTable } from '../../store/table/reader.ts'

/** The readings of one series of a file, ascending by time, each time once. */
export interface SeriesReadings {
  series: Series
  timesMs: Float64Array
  values: Float64Array
}

export interface FileReadings {
  readings: SeriesReadings[]
  findings: Finding[]
}

export interface ReadOptions {
  mapping: Mapping
  /** The file's first records. */
  records: readonly string[]
  /** IANA zone that holds where the mapping names none. */
  timeZone: string
  nowMs: number
  /** Series that are read at all. */
  wanted: (series: Series) => boolean
  signal: AbortSignal
  onProgress: (rows: number) => void
}

/**
 * All readings of a CSV file, plain or gzip, by the row function of the import. 16 bytes a reading are kept. Throws
 * `invalid-input` when the file or the mapping cannot be used.
 */
export const readReadings = async (file: string, options: ReadOptions): Promise<FileReadings> => {
  const { mapping, records } = options
  const columns = columnNames(mapping, splitFields(records[0] ?? '', mapping.format))
  requireTimeColumn(mapping, columns, path.basename(file))
  const plan = createPlan(mapping, columns, options)
  const scratchPath = path.join(tmpdir(), `nadi-table-${randomUUID()}`)
  const growing = new Map<Series, Growing>()
  const refused = createRefused()
  const clocks = { gap: 0, repeat: 0 }
  try {
    await using table = await openTable({
      path: file,
      scratchPath,
      format: mapping.format,
      fields: columns.length,
    })
    const header = mapping.format.header === 'absent' ? undefined : table.firstLine
    let rowCount = 0
    for await (const rows of table.rows(options.signal)) {
      for (const { line, cells } of rows) {
        if (line === header) continue
        const { readings, rejected } = readRow(plan, cells, line)
        for (const { series, timeMs, value, change } of readings) {
          if (!options.wanted(series)) continue
          let into = growing.get(series)
          if (!into) growing.set(series, (into = createGrowing()))
          into.add(timeMs, value)
          if (change !== 'none') clocks[change] += 1
        }
        for (const rejection of rejected) {
          const series = rejection.series === null ? undefined : plan.series.get(rejection.series)
          if (!series || options.wanted(series)) refused.add(rejection)
        }
      }
      rowCount += rows.length
      options.onProgress(rowCount)
    }
    for (const { line, reason } of await table.malformed()) {
      if (line !== header) refused.add({ line, series: null, reason })
    }
  } finally {
    await rm(scratchPath, { force: true })
  }
  const findings = [...ofClocks(clocks), ...refused.findings(plan.series)]
  // Where no time was understood, that is what is wrong, and not each of the columns.
  const isTimeless = growing.size === 0 && findings.some(({ code }) => code === 'not-a-time')
  for (const series of plan.series.values()) {
    if (isTimeless || growing.has(series) || !options.wanted(series)) continue
    findings.push({
      code: 'no-numbers',
      series: series.label,
      message: 'not one reading: an empty column, or one that holds no numbers. It is left out',
      count: 1,
    })
  }
  const readings = [...growing].map(([series, into]) => {
    const { repeated, ...sorted } = into.sorted()
    if (repeated > 0) {
      findings.push({
        code: 'duplicates',
        series: series.label,
        message: 'readings of a time that the series has already: the last one in the file holds',
        count: repeated,
      })
    }
    return { series, ...sorted }
  })
  return { readings, findings }
}

interface Growing {
  add(timeMs: number, value: number): void
  sorted(): { timesMs: Float64Array; values: Float64Array; repeated: number }
}

const createGrowing = (): Growing => {
  let timesMs = new Float64Array(1024)
  let values = new Float64Array(1024)
  let length = 0
  let ascending = true
  return {
    add(timeMs, value) {
      if (length === timesMs.length) {
        timesMs = doubled(timesMs)
        values = doubled(values)
      }
      if (length > 0 && timeMs <= (timesMs[length - 1] ?? 0)) ascending = false
      timesMs[length] = timeMs
      values[length] = value
      length += 1
    },
    sorted() {
      const own = { timesMs: timesMs.subarray(0, length), values: values.subarray(0, length) }
      return ascending ? { ...own, repeated: 0 } : sortedOnce(own.timesMs, own.values)
    },
  }
}

const doubled = (from: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
  const to = new Float64Array(from.length * 2)
  to.set(from)
  return to
}

/** Sorted by time; of several readings at one time the last in the file is kept. */
const sortedOnce = (times: Float64Array, values: Float64Array): ReturnType<Growing['sorted']> => {
  const order = Uint32Array.from(times.keys()).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b)
  const kept = order.filter((at, place) => {
    const next = order[place + 1]
    return next === undefined || times[next] !== times[at]
  })
  return {
    timesMs: Float64Array.from(kept, (at) => times[at] ?? NaN),
    values: Float64Array.from(kept, (at) => values[at] ?? NaN),
    repeated: times.length - kept.length,
  }
}

const ofClocks = ({ gap, repeat }: { gap: number; repeat: number }): Finding[] => [
  ...(gap > 0
    ? [
        {
          code: 'clock-gap',
          message:
            'readings at a local time that the change of clocks leaves out; moved on by the gap. Is --timezone right?',
          count: gap,
        },
      ]
    : []),
  ...(repeat > 0
    ? [
        {
          code: 'clock-repeat',
          message: 'readings in the hour that comes twice when clocks go back; told apart by their order',
          count: repeat,
        },
      ]
    : []),
]

/** Counts what is no reading, by series and reason, with the first of each as an example. */
const createRefused = () => {
  const byKey = new Map<string, Finding>()
  return {
    add({ line, series, reason }: Rejection): void {
      const code = reason.endsWith('is not a number')
        ? 'not-a-number'
        : /time/.test(reason)
          ? 'not-a-time'
          : series === null
            ? 'bad-row'
            : 'impossible-value'
      const key = `${code} ${code === 'not-a-time' ? '' : series}`
      const seen = byKey.get(key)
      if (seen) seen.count += 1
      else {
        byKey.set(key, {
          code,
          ...(series !== null && code !== 'not-a-time' && { series }),
          message: `no readings, left out; the first: ${reason}${code === 'not-a-time' ? '; a mapping says how times are written (time.format; --mapping)' : ''}`,
          count: 1,
          firstLine: line,
        })
      }
    },
    findings: (known: ReadonlyMap<string, Series>): Finding[] =>
      [...byKey.values()].map((finding) => {
        const label = finding.series === undefined ? undefined : known.get(finding.series)?.label
        return label === undefined ? finding : { ...finding, series: label }
      }),
  }
}
