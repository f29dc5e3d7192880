import type { BucketRow } from './buckets.ts'
import { bucketEdgesMs } from './bucketEdges.ts'
import type { Bucket } from './buckets.ts'
import type { Kind, Sample } from './observation.ts'
import { consumptionBetween, cutsAt, nextHourMs, sumUp } from './partials.ts'
import type { Partial } from './partials.ts'
import { typicalStepMs } from './typicalStep.ts'

/** What a bucket's rows are made from besides the partials. */
export interface BucketContext {
  kind: Kind
  /** The nearest reading before the first edge and at or after the last one: a counter's differences need them. */
  before?: Sample | undefined
  after?: Sample | undefined
  /** The Datastream's step; undefined when nothing is known of it, and then nothing counts as measured. */
  stepMs: number | undefined
}

/** A stretch between two readings of a counter is measured up to this many steps: one reading may be missing. */
export const MEASURED_STEPS = 2

/**
 * Rows of the buckets between `edgesMs`, from partials that ascend and lie each inside one bucket (and, for a counter,
 * hold no gap longer than `MEASURED_STEPS` steps). Where samples are gone, a partial may break this: it counts in the
 * bucket in which it begins, its consumption is split by time, and with such a gap in it none of it is measured.
 *
 * `measured` of an instant or an interval is readings x step / length of the bucket, and no more than the share from the
 * first reading to the end of the last one's step. Of a counter it is the share of the bucket that lies between two
 * readings at most two steps apart.
 */
export const finishBuckets = (
  edgesMs: readonly number[],
  partials: readonly Partial[],
  context: BucketContext,
): BucketRow[] => {
  const rows = emptyRows(edgesMs)
  const spans: { firstMs: number; lastMs: number }[] = []
  let index = 0
  for (const partial of partials) {
    while (index < rows.length && partial.firstMs >= (rows[index]?.endMs ?? Infinity)) index += 1
    const row = rows[index]
    if (!row) break
    row.count += partial.count
    row.sum = (row.sum ?? 0) + partial.sum
    row.min = Math.min(row.min ?? Infinity, partial.min)
    row.max = Math.max(row.max ?? -Infinity, partial.max)
    row.last = partial.lastValue
    spans[index] = { firstMs: spans[index]?.firstMs ?? partial.firstMs, lastMs: partial.lastMs }
  }
  const { stepMs = 0 } = context
  rows.forEach((row, at) => {
    const span = spans[at]
    if (row.sum === null || span === undefined) return
    row.mean = row.sum / row.count
    const coveredMs = Math.min(row.count * stepMs, span.lastMs - span.firstMs + stepMs)
    row.measured = Math.min(1, coveredMs / (row.endMs - row.startMs))
  })
  if (context.kind === 'counter') fillConsumption(rows, partials, context)
  return rows
}

const emptyRows = (edgesMs: readonly number[]): BucketRow[] =>
  edgesMs.slice(1).map((endMs, index) => ({
    startMs: edgesMs[index] ?? endMs,
    endMs,
    count: 0,
    mean: null,
    min: null,
    max: null,
    sum: null,
    last: null,
    measured: 0,
  }))

/** Replaces `sum` and `measured` by a counter's: what it consumed, each difference split by time at the edges. */
const fillConsumption = (
  rows: BucketRow[],
  partials: readonly Partial[],
  { before, after, stepMs = 0 }: BucketContext,
): void => {
  const coveredMs = Array.from(rows, () => 0)
  for (const row of rows) row.sum = null
  let index = 0

  const spread = (startMs: number, endMs: number, consumption: number, measured: boolean): void => {
    while (index < rows.length && startMs >= (rows[index]?.endMs ?? Infinity)) index += 1
    for (let at = index; at < rows.length; at += 1) {
      const row = rows[at]
      if (!row || row.startMs >= endMs) break
      const lengthMs = Math.min(endMs, row.endMs) - Math.max(startMs, row.startMs)
      row.sum = (row.sum ?? 0) + consumption * (lengthMs / (endMs - startMs))
      if (measured) coveredMs[at] = (coveredMs[at] ?? 0) + lengthMs
    }
  }
  const between = (from: Sample, to: Sample): void => {
    const measured = to.timeMs - from.timeMs <= MEASURED_STEPS * stepMs
    spread(from.timeMs, to.timeMs, consumptionBetween(from.value, to.value), measured)
  }

  let previous = before
  for (const partial of partials) {
    if (previous) between(previous, { timeMs: partial.firstMs, value: partial.firstValue })
    if (partial.count > 1) {
      const measured = partial.maxGapMs <= MEASURED_STEPS * stepMs
      spread(partial.firstMs, partial.lastMs, partial.consumption, measured)
    }
    previous = { timeMs: partial.lastMs, value: partial.lastValue }
  }
  if (previous && after) between(previous, after)
  rows.forEach((row, at) => {
    row.measured = Math.min(1, (coveredMs[at] ?? 0) / (row.endMs - row.startMs))
  })
}

/** A question for buckets, as `store/observations.ts` asks it, without the Datastream. */
export interface BucketQuestion {
  fromMs: number
  toMs: number
  kind: Kind
  bucket: Bucket
  timeZone: string
  stepMs?: number
}

/**
 * Rows from the samples themselves (ascending, unique times, all inside the range): what every store must answer.
 * `before` and `after` are the nearest readings outside the range, whatever the kind.
 */
export const bucketsOfSamples = (
  question: BucketQuestion,
  samples: readonly Sample[],
  before: Sample | undefined,
  after: Sample | undefined,
): BucketRow[] => {
  const { fromMs, toMs, bucket, timeZone, kind } = question
  const edgesMs = bucketEdgesMs(fromMs, toMs, bucket, timeZone)
  const stepMs = question.stepMs ?? typicalStepMs(sumUp(samples, nextHourMs), before, after)
  const maxGapMs = kind === 'counter' ? MEASURED_STEPS * (stepMs ?? 0) : Infinity
  const partials = sumUp(samples, cutsAt(edgesMs), maxGapMs)
  return finishBuckets(edgesMs, partials, { kind, before, after, stepMs })
}
