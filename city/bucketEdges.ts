import type { Bucket } from './buckets.ts'
import { NadiError } from './errors.ts'
import { HOUR_MS } from './partials.ts'

const MINUTE_MS = 60_000

/** A Monday: buckets of several days are counted from it, so `7d` is a week from Monday. */
const FIRST_MONDAY = Temporal.PlainDate.from('1970-01-05')

/** Most buckets in one answer; more would be a mistake or an attack. */
export const MAX_BUCKETS = 100_000

/**
 * The edges that cut `fromMs <= time < toMs`: `fromMs`, every local bucket edge between, `toMs`. So bucket `i` is
 * `edges[i] <= time < edges[i + 1]`, and the first and last are shorter when the range does not begin or end at an
 * edge. An empty range has no edges; of more edges than `most` only the first are found, and so paid for. Throws
 * `invalid-input` for more than `MAX_BUCKETS` in the whole range.
 *
 * Days begin at local midnight. Within a day an edge is where the local clock shows a multiple of the width, or jumps
 * over one; a time that the clock shows twice is an edge twice when the width is no longer than what is repeated.
 * So `1h` gives 23 or 25 buckets on days when clocks change by an hour, and `6h` gives four.
 */
export const bucketEdgesMs = (
  fromMs: number,
  toMs: number,
  bucket: Bucket,
  timeZone: string,
  most = Infinity,
): number[] => {
  if (!(fromMs < toMs)) return []
  refuseTooMany(fromMs, toMs, bucket)
  const edges = [fromMs]
  for (const edge of bucket.unit === 'd'
    ? dayEdges(fromMs, bucket.count, timeZone)
    : clockEdges(fromMs, bucket.count * (bucket.unit === 'h' ? HOUR_MS : MINUTE_MS), timeZone)) {
    if (edge >= toMs) break
    if (edges.length >= most) return edges
    if (edge > (edges.at(-1) ?? fromMs)) edges.push(edge)
  }
  edges.push(toMs)
  return edges
}

const refuseTooMany = (fromMs: number, toMs: number, { unit, count }: Bucket): void => {
  const widthMs = count * (unit === 'd' ? 24 * HOUR_MS : unit === 'h' ? HOUR_MS : MINUTE_MS)
  if ((toMs - fromMs) / widthMs > MAX_BUCKETS) {
    throw new NadiError(
      'invalid-input',
      `The range holds more than ${MAX_BUCKETS} buckets of ${count}${unit}: ask for a shorter range or a wider bucket.`,
    )
  }
}

const localDate = (timeMs: number, timeZone: string): Temporal.PlainDate =>
  Temporal.Instant.fromEpochMilliseconds(timeMs).toZonedDateTimeISO(timeZone).toPlainDate()

function* dayEdges(fromMs: number, count: number, timeZone: string): Generator<number> {
  const day = FIRST_MONDAY.until(localDate(fromMs, timeZone)).days
  for (let index = Math.floor(day / count) * count; ; index += count) {
    yield FIRST_MONDAY.add({ days: index }).toZonedDateTime(timeZone).epochMilliseconds
  }
}

function* clockEdges(fromMs: number, widthMs: number, timeZone: string): Generator<number> {
  let date = localDate(fromMs, timeZone)
  let start = date.toZonedDateTime(timeZone)
  let changeMs = nextChangeMs(start)
  for (;;) {
    const nextDate = date.add({ days: 1 })
    const next = nextDate.toZonedDateTime(timeZone)
    if (changeMs < start.epochMilliseconds) changeMs = nextChangeMs(start)
    yield* edgesOfDay(start, next.epochMilliseconds, changeMs, widthMs, date)
    date = nextDate
    start = next
  }
}

/** When the zone's offset changes next, or Infinity. */
const nextChangeMs = (at: Temporal.ZonedDateTime): number =>
  at.getTimeZoneTransition('next')?.epochMilliseconds ?? Infinity

/** Edges of one local day; `changeMs` is the first change of offset after its start, wherever that lies. */
function* edgesOfDay(
  start: Temporal.ZonedDateTime,
  endMs: number,
  changeMs: number,
  widthMs: number,
  date: Temporal.PlainDate,
): Generator<number> {
  const midnightMs = Date.UTC(date.year, date.month - 1, date.day)
  let at = start
  let stretchEndMs = Math.min(changeMs, endMs)
  /** How far, since midnight, the clock has shown so far: behind it after a step back, ahead after a jump. */
  let shownMs = at.epochMilliseconds + offsetMs(at) - midnightMs
  yield at.epochMilliseconds
  for (;;) {
    const atMs = at.epochMilliseconds
    const clockMs = atMs + offsetMs(at) - midnightMs
    const repeatedMs = shownMs - clockMs
    const jumped = Math.ceil(shownMs / widthMs) * widthMs
    if (repeatedMs < 0 && jumped < clockMs) yield atMs
    const untilMs = clockMs + stretchEndMs - atMs
    for (let mark = Math.ceil(clockMs / widthMs) * widthMs; mark < untilMs; mark += widthMs) {
      if (mark >= shownMs || widthMs <= repeatedMs) yield atMs + mark - clockMs
    }
    if (stretchEndMs >= endMs) return
    shownMs = Math.max(shownMs, untilMs)
    at = Temporal.Instant.fromEpochMilliseconds(stretchEndMs).toZonedDateTimeISO(start.timeZoneId)
    stretchEndMs = Math.min(nextChangeMs(at), endMs)
  }
}

const offsetMs = (at: Temporal.ZonedDateTime): number => at.offsetNanoseconds / 1e6
