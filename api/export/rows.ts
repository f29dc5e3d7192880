import { parseBucket } from '../../city/buckets.ts'
import { createCalendar, type Calendar } from '../../city/calendar.ts'
import { accessOf, discloseValue } from '../../city/disclosure.ts'
import { reasonsWithin, type Label } from '../../city/labels.ts'
import { buildingOf } from '../../city/names.ts'
import type { Role } from '../../city/roles.ts'
import type { Datastream } from '../../store/catalogue/catalogue.ts'
import type { StoredFinding } from '../../store/quality.ts'
import { bucketPageEndMs } from '../bucketPage.ts'
import { capacityOf, zoneOf } from '../buildings.ts'
import type { ApiContext } from '../context.ts'
import { localTimeWriter } from '../localTime.ts'
import { readToldBuckets } from '../toldBuckets.ts'
import { csvLine, exportColumns } from './columns.ts'
import type { ExportQuestion } from './snapshotId.ts'

/** Rows that are read and written at once: little memory, and no other answer waits longer than it takes to write them. */
const PAGE_ROWS = 4_000
const MAX_FINDINGS_AT_ONCE = 1_000
const MS_PER_QUARTER = 900_000

export interface ExportRows {
  question: ExportQuestion
  role: Role
  /** Those that the pattern names and the role may see, in the order of their rows. */
  datastreams: readonly Datastream[]
  /** What stands beside the rows of a Datastream, in order; undefined where its building has no such thing for the role. */
  covariatesOf: (datastream: Datastream) => readonly (Datastream | undefined)[]
  signal: AbortSignal
}

/** The lines of an export, the heading first, some thousands at a time. The same data give the same lines. */
export async function* exportLines(context: ApiContext, rows: ExportRows): AsyncGenerator<string[]> {
  const { bucket, covariates } = rows.question
  yield [csvLine(exportColumns(bucket, covariates).map(({ name }) => name))]
  const calendar = createCalendar(context.city)
  for (const datastream of rows.datastreams) {
    const series = { ...rows, datastream, calendar, labels: context.catalogue.labels.list() }
    yield* bucket === 'raw' ? rawLines(context, series) : bucketLines(context, series)
  }
}

interface OneSeries extends ExportRows {
  datastream: Datastream
  calendar: Calendar
  labels: readonly Label[]
}

async function* rawLines(context: ApiContext, series: OneSeries): AsyncGenerator<string[]> {
  const { datastream, question, role, signal } = series
  const access = accessOf(role, datastream)
  const capacity = capacityOf(context, datastream.path)
  const zone = zoneOf(context, datastream)
  const write = localTimeWriter(zone)
  const about = aboutOf(datastream, zone)
  for (let fromMs = question.fromMs; ;) {
    signal.throwIfAborted()
    const samples = await context.observations.raw({
      datastreamId: datastream.id,
      fromMs,
      toMs: question.toMs,
      limit: PAGE_ROWS,
    })
    const last = samples.at(-1)
    if (!last) return
    const beside = besideOf(context, series, zone, { fromMs, toMs: last.timeMs + 1 })
    yield samples.map(({ timeMs, value }) => {
      const told = discloseValue(access, value, capacity)
      return csvLine([
        write(timeMs),
        told.value,
        ...about,
        told.suppressed ?? false,
        ...beside(timeMs, timeMs + 1),
      ])
    })
    if (samples.length < PAGE_ROWS) return
    fromMs = last.timeMs + 1
  }
}

async function* bucketLines(context: ApiContext, series: OneSeries): AsyncGenerator<string[]> {
  const { datastream, question, role, signal } = series
  const zone = zoneOf(context, datastream)
  const write = localTimeWriter(zone)
  const about = aboutOf(datastream, zone)
  const bucket = parseBucket(question.bucket)
  for (let { fromMs } = question; fromMs < question.toMs;) {
    signal.throwIfAborted()
    const toMs = bucketPageEndMs({ fromMs, toMs: question.toMs, limit: PAGE_ROWS, bucket, timeZone: zone })
    const read = (of: Datastream) =>
      readToldBuckets(context, of, { access: accessOf(role, of), bucket, timeZone: zone, fromMs, toMs })
    const rows = await read(datastream)
    const columns: (number | null)[][] = []
    for (const covariate of series.covariatesOf(datastream)) {
      if (!covariate) {
        columns.push([])
        continue
      }
      const values = await read(covariate)
      columns.push(values.map(({ mean, sum }) => rounded(covariate.kind === 'instant' ? mean : sum)))
    }
    const beside = besideOf(context, series, zone, { fromMs, toMs })
    yield rows.map((row, index) =>
      csvLine([
        write(row.startMs),
        write(row.endMs),
        ...[row.mean, row.min, row.max, row.sum].map(rounded),
        row.count,
        rounded(row.last),
        rounded(row.measured),
        ...about,
        row.suppressed ?? false,
        ...beside(row.startMs, row.endMs),
        ...columns.map((values) => values[index] ?? null),
      ]),
    )
    fromMs = toMs
  }
}

/** Sums differ in their last digits when they are added in another order; those name no other data. */
const rounded = (value: number | null): number | null =>
  value === null || Number.isInteger(value) ? value : Number(value.toPrecision(12))

const aboutOf = ({ path, property, unit, kind }: Datastream, zone: string): string[] => [
  path,
  buildingOf(path),
  property,
  unit,
  kind,
  zone,
]

/** What stands beside a row of `[startMs, endMs)` inside the page: findings, labels, and the calendar. */
const besideOf = (
  context: ApiContext,
  { datastream, labels, calendar }: OneSeries,
  zone: string,
  page: { fromMs: number; toMs: number },
) => {
  const findings = findingsWithin(context, datastream, page)
  const isLabelled = reasonsWithin(labels, datastream.path, page).length > 0
  const quarters = new Map<number, (number | boolean)[]>()
  return (startMs: number, endMs: number): (string | number | boolean)[] => {
    const kinds = findings
      .filter(({ fromMs, toMs }) => fromMs < endMs && (toMs ?? Infinity) >= startMs)
      .map(({ kind }) => kind)
    const reasons = isLabelled ? reasonsWithin(labels, datastream.path, { fromMs: startMs, toMs: endMs }) : []
    // Every zone's hours and days begin on a quarter of an hour.
    const quarter = Math.floor(startMs / MS_PER_QUARTER)
    let time = quarters.get(quarter)
    if (!time) {
      const local = Temporal.Instant.fromEpochMilliseconds(startMs).toZonedDateTimeISO(zone)
      const noon = local.withPlainTime({ hour: 12 }).epochMilliseconds
      time = [local.hour, local.dayOfWeek, calendar.day(noon).holiday !== undefined]
      quarters.set(quarter, time)
    }
    return [[...new Set(kinds)].sort().join(';'), reasons.join('; '), ...time]
  }
}

/** All of them, a page at a time: a flag that was left out would say that a row is good. */
const findingsWithin = (
  { quality }: ApiContext,
  { id }: Datastream,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): StoredFinding[] => {
  const all: StoredFinding[] = []
  for (;;) {
    const last = all.at(-1)
    const found = quality.find({
      datastreamIds: [id],
      fromMs,
      toMs,
      ...(last && { before: { fromMs: last.fromMs, datastreamId: id, kind: last.kind } }),
      limit: MAX_FINDINGS_AT_ONCE,
    })
    all.push(...found)
    if (found.length < MAX_FINDINGS_AT_ONCE) return all
  }
}
