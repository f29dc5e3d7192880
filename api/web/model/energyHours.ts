import type { BucketRow } from '../../../city/buckets.ts'
import type { Kind } from '../../../city/observation.ts'
import { HOUR_MS } from '../../../city/partials.ts'
import type { ForecastHour, ForecastIssue } from '../../../store/forecasts.ts'
import type { EnergyHour, EnergyView, Interval } from '../view.ts'

/** An hour of energy counts as measured when data cover at least this share of it; less would look like saving. */
const LEAST_MEASURED = 0.9
const [LOW, MIDDLE, HIGH] = [0, 4, 8]

/** The interval that holds 8 times in 10, from nine quantiles. */
export const intervalOf = ({ quantiles }: ForecastHour): Interval => ({
  low: quantiles[LOW ?? 0] ?? 0,
  middle: quantiles[MIDDLE ?? 4] ?? 0,
  high: quantiles[HIGH ?? 8] ?? 0,
})

/** What a bucket used: its sum for meters and amounts, its mean for a state. */
export const amountOf = (kind: Kind, { sum, mean }: BucketRow): number | null =>
  kind === 'instant' ? mean : sum

/**
 * Electricity of today and tomorrow. Hours to come are from the newest issue; hours that are over keep what the last
 * issue before today said of them, so that one sees whether it was right.
 */
export const energyView = (input: {
  todayMs: number
  tomorrowMs: number
  endMs: number
  nowMs: number
  kind: Kind
  rows: readonly BucketRow[]
  newest: ForecastIssue | undefined
  yesterdays: ForecastIssue | undefined
}): EnergyView => {
  const { todayMs, tomorrowMs, endMs, nowMs } = input
  const rows = new Map(input.rows.map((row) => [row.startMs, row]))
  const byStart = (issue: ForecastIssue | undefined) =>
    new Map(issue?.hours.map((hour) => [hour.startMs, intervalOf(hour)]))
  const [newest, yesterdays] = [byStart(input.newest), byStart(input.yesterdays)]
  const hours = Array.from({ length: Math.round((endMs - todayMs) / HOUR_MS) }, (_, index): EnergyHour => {
    const startMs = todayMs + index * HOUR_MS
    const hourEndMs = startMs + HOUR_MS
    const row = rows.get(startMs)
    const over = hourEndMs <= nowMs
    const measured = row && over && row.measured >= LEAST_MEASURED ? amountOf(input.kind, row) : null
    const forecast =
      (over ? yesterdays.get(startMs) : (newest.get(startMs) ?? yesterdays.get(startMs))) ?? null
    return { startMs, endMs: hourEndMs, measured, share: row?.measured ?? 0, forecast }
  })
  const over = hours.filter((hour) => hour.endMs <= nowMs)
  const known = over.filter((hour) => hour.measured !== null)
  const measuredUntilMs = known.at(-1)?.endMs ?? null
  const tomorrow = input.newest?.days.find(({ startMs }) => startMs === tomorrowMs)
  return {
    todayMs,
    tomorrowMs,
    endMs,
    hours,
    todayKwh: known.length === 0 ? null : known.reduce((sum, { measured }) => sum + (measured ?? 0), 0),
    missingHours: over.length - known.length,
    measuredUntilMs,
    forecastSinceMs: measuredUntilMs,
    tomorrowKwh: tomorrow ? intervalOf(tomorrow) : null,
  }
}
