import { readFile } from 'node:fs/promises'
import { NadiError } from '../../city/errors.ts'
import { columnNames, createPlan, type Plan } from '../../city/mapping/plan.ts'
import { readMapping } from '../../city/mapping/readMapping.ts'
import { readRow, type FileReading } from '../../city/mapping/readRow.ts'
import { requireTimeColumn } from '../../city/mapping/flags.ts'
import type { Mapping } from '../../city/mapping.ts'
import { thingOf } from '../../city/names.ts'
import type { Birth } from '../driver.ts'
import { tableRows } from './tableRows.ts'

/** A file that is ready to be replayed: it was read once to know what it holds. */
export interface ReplayFile {
  birth: Birth
  /** Time of the first reading; undefined when there is none. */
  firstMs: number | undefined
  /** Cells and lines that are no readings. */
  rejected: number
  /** The readings of each row, in the file's order. */
  rows(): AsyncGenerator<FileReading[]>
}

export interface ReplayOptions {
  file: string
  mapping: string
  building: string | undefined
  timeZone: string
  nowMs: number
  fromMs: number
  toMs: number
}

/** Reads the mapping and, once, the file. Throws `invalid-input` for what an import would refuse as a whole. */
export const openReplayFile = async (options: ReplayOptions): Promise<ReplayFile> => {
  const { file, building } = options
  const given = readMapping(await text(options.mapping), options.mapping)
  const mapping: Mapping = { ...given, ...(building !== undefined && !given.building && { building }) }
  const seen = { rejected: 0, firstMs: undefined as number | undefined, lastLine: Number.POSITIVE_INFINITY }
  const steps = new Map<string, Steps>()
  const plan = { last: undefined as Plan | undefined }

  async function* rows(): AsyncGenerator<FileReading[]> {
    // A plan remembers the clocks that it has passed, so each reading of the file has one of its own.
    plan.last = undefined
    seen.rejected = 0
    for await (const { line, cells } of tableRows(file, mapping.format)) {
      if (!plan.last) {
        plan.last = planFor(mapping, cells, options)
        if (mapping.format.header !== 'absent') continue
      }
      if (cells.length !== plan.last.columns.length) {
        seen.rejected += 1
        continue
      }
      if (line > seen.lastLine) return
      const { readings, rejected } = readRow(plan.last, cells, line)
      seen.rejected += rejected.length
      const wanted = readings.filter(({ timeMs }) => timeMs >= options.fromMs && timeMs < options.toMs)
      if (wanted.length > 0) yield wanted
    }
  }

  let lastLine = 0
  for await (const readings of rows()) {
    for (const { datastream, timeMs, line } of readings) {
      seen.firstMs ??= timeMs
      lastLine = line
      noteStep(steps, datastream, timeMs)
    }
  }
  seen.lastLine = lastLine
  const { rejected } = seen
  if (!plan.last) throw new NadiError('invalid-input', `${file} is empty.`)
  return { birth: birthOf(plan.last, steps), firstMs: seen.firstMs, rejected, rows }
}

const planFor = (
  mapping: Mapping,
  firstRecord: readonly string[],
  { file, timeZone, nowMs }: ReplayOptions,
): Plan => {
  const columns = columnNames(mapping, firstRecord)
  requireTimeColumn(mapping, columns, file)
  return createPlan(mapping, columns, { timeZone, nowMs })
}

const text = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new NadiError('invalid-input', `The mapping ${file} cannot be read. Check its name.`, { cause })
  }
}

interface Steps {
  lastMs: number
  steps: number[]
}

/** So many steps of a series tell its interval. */
const ENOUGH_STEPS = 100

const noteStep = (all: Map<string, Steps>, datastream: string, timeMs: number): void => {
  const known = all.get(datastream)
  if (!known) {
    all.set(datastream, { lastMs: timeMs, steps: [] })
    return
  }
  if (known.steps.length < ENOUGH_STEPS && timeMs > known.lastMs) known.steps.push(timeMs - known.lastMs)
  known.lastMs = timeMs
}

/** What the file observes inside the wanted range, with the median step of each series. */
const birthOf = ({ series }: Plan, steps: ReadonlyMap<string, Steps>): Birth => {
  const met = [...series.values()].filter(({ datastream }) => steps.has(datastream))
  return {
    things: [...new Set(met.map(({ datastream }) => thingOf(datastream)))].map((name) => ({ name })),
    datastreams: met.map(({ datastream, unit, kind }) => {
      const sorted = steps.get(datastream)?.steps.sort((a, b) => a - b) ?? []
      const medianMs = sorted[Math.floor(sorted.length / 2)]
      return {
        name: datastream,
        unit,
        kind,
        ...(medianMs !== undefined && { intervalSeconds: Math.max(1, Math.round(medianMs / 1000)) }),
      }
    }),
  }
}
