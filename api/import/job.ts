import { mappingFromFlags, requireTimeColumn, type ImportFlags } from '../../city/mapping/flags.ts'
import { columnNames, createPlan, type Plan } from '../../city/mapping/plan.ts'
import { readRow, type FileReading } from '../../city/mapping/readRow.ts'
import { splitFields } from '../../city/mapping/records.ts'
import type { Mapping } from '../../city/mapping.ts'
import type { ApiContext } from '../context.ts'
import { openTable, type TableReader } from '../../store/table/reader.ts'
import { firstRecords } from '../../store/table/source.ts'
import { createSummary, type ImportProgress, type ImportResult, type Summary } from './summary.ts'
import { createWriter, type Writer } from './writer.ts'

/** Readings that are committed at once. */
const BATCH = 20_000

export interface ImportJob {
  /** The file, plain or gzip. */
  path: string
  /** Where its copy with line numbers may lie while it is read; the caller deletes it. */
  scratchPath: string
  /** What the sender calls it, for messages. */
  fileName: string
  /** A mapping, or the flags that stand for one. */
  how: { mapping: Mapping } | { flags: ImportFlags }
  signal: AbortSignal
  onProgress(progress: ImportProgress): void
}

export type ImportParts = Pick<ApiContext, 'city' | 'catalogue' | 'observations' | 'intake' | 'now'>

/**
 * One file into the store: rows stream from the reader through `readRow` to the intake, a batch at a time; while one
 * commits the next is read, and never more. What was stored before an error or an abort stays. Throws `invalid-input`
 * when the file or the mapping cannot be used, `conflict` (see `declareSeries`), `store-unavailable`.
 */
export const runImport = async (parts: ImportParts, job: ImportJob): Promise<ImportResult> => {
  const records = await firstRecords(job.path, 2)
  const mapping =
    'mapping' in job.how ? job.how.mapping : mappingFromFlags(job.how.flags, records, job.fileName)
  const plan = planFor(mapping, records, job.fileName, parts)
  await using table = await openTable({
    path: job.path,
    scratchPath: job.scratchPath,
    format: mapping.format,
    fields: plan.columns.length,
  })
  const summary = createSummary(plan)
  const writer = createWriter(parts, summary)
  await readAll(table, { plan, summary, writer, job })
  const header = headerLine(plan, table)
  for (const { line, reason } of await table.malformed()) {
    if (line !== header) summary.reject({ line, series: null, reason })
  }
  writer.finish()
  noteShortHeader(plan, records, summary)
  job.onProgress(summary.progress())
  return summary.result()
}

interface Running {
  plan: Plan
  summary: Summary
  writer: Writer
  job: ImportJob
}

const readAll = async (table: TableReader, { plan, summary, writer, job }: Running): Promise<void> => {
  const header = headerLine(plan, table)
  let batch: FileReading[] = []
  let writing: Promise<void> = Promise.resolve()
  const handOver = async (): Promise<void> => {
    await writing
    writing = writer.write(batch)
    // Awaited at the next hand-over; until then a failure must not count as unhandled.
    writing.catch(() => undefined)
    batch = []
    job.onProgress(summary.progress())
  }
  try {
    for await (const rows of table.rows(job.signal)) {
      for (const { line, cells } of rows) {
        if (line === header) continue
        const { readings, rejected } = readRow(plan, cells, line)
        for (const reading of readings) batch.push(reading)
        for (const rejection of rejected) summary.reject(rejection)
        if (batch.length >= BATCH) await handOver()
      }
      summary.addRows(rows.length)
    }
    await handOver()
  } finally {
    // Whatever ends the reading, no commit is left on its way.
    await Promise.allSettled([writing])
  }
  await writing
}

/** The line whose record names the columns, whatever number of fields it has. */
const headerLine = (plan: Plan, table: TableReader): number | undefined =>
  plan.mapping.format.header === 'absent' ? undefined : table.firstLine

const planFor = (
  mapping: Mapping,
  records: readonly string[],
  fileName: string,
  { city, now }: ImportParts,
): Plan => {
  const columns = columnNames(mapping, splitFields(records[0] ?? '', mapping.format))
  requireTimeColumn(mapping, columns, fileName)
  return createPlan(mapping, columns, { timeZone: city.timeZone, nowMs: now() })
}

/** A header that is one name short explains why every line was refused. */
const noteShortHeader = (plan: Plan, [, second]: readonly string[], summary: Summary): void => {
  const { format } = plan.mapping
  if (second === undefined || format.header !== 'present') return
  if (splitFields(second, format).length !== plan.columns.length + 1) return
  summary.find({
    code: 'short-header',
    message: 'rows have one field more than the header has names: say "header: short" in the mapping',
    count: 1,
    firstLine: 2,
  })
}
