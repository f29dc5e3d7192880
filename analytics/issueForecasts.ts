import { QUANTILES } from '../store/forecasts.ts'
import { type ScoredIssue, applyOffsets, followOffsets } from './calibration.ts'
import { type DayTotal, dayTotals, stretchOf } from './dayTotals.ts'
import { type LocalClock, createLocalClock } from './features/localClock.ts'
import { weekdayOf } from './features/context.ts'
import type { FittedModel, ForecastInput } from './forecastModel.ts'
import { type HourlySeries, MS_PER_HOUR, endMs } from './series.ts'

/** A forecast of the same series that was issued before. */
export interface PastIssue {
  issuedAtMs: number
  /** As issued, row-major `[h x 9]`, from the issue time on. */
  quantiles: Float64Array
}

export interface Prediction {
  /** Nine calibrated quantiles an hour, row-major `[h x 9]`, never crossing, none below zero. */
  hours: Float64Array
  /** Whole local days inside the range. */
  days: DayTotal[]
}

/**
 * Forecasts as they go out: the model's raw quantiles, calibrated by what came of the series' own past issues
 * (ascending, all issued before the input's end). Their truth is read from the input's history alone, so nothing later
 * can be in it, and truth that came late heals the calibration by itself.
 */
export const issueForecasts = (
  fitted: FittedModel,
  inputs: readonly { input: ForecastInput; past: readonly PastIssue[] }[],
): Prediction[] => {
  const raw = fitted.predict(inputs.map(({ input }) => input))
  return inputs.map(({ input: { history, horizonHours }, past }, i) => {
    const issuedAtMs = endMs(history)
    const clock = createLocalClock(
      history.timeZone,
      (past[0]?.issuedAtMs ?? issuedAtMs) - MS_PER_HOUR,
      issuedAtMs + horizonHours * MS_PER_HOUR,
    )
    const regimes = regimesOf(history, clock)
    const scored = past
      .filter((issue) => issue.issuedAtMs < issuedAtMs)
      .map((issue) => scoredBy(history, regimes, issue))
    const hours = applyOffsets(
      raw[i]!,
      regimes(issuedAtMs, horizonHours),
      followOffsets(fitted.calibration, fitted.isSelfCalibrating ? [] : scored),
    )
    return { hours, days: dayTotals(issuedAtMs, hours, clock, stretchOf(scored, clock)) }
  })
}

type Regimes = (fromMs: number, hours: number) => Uint8Array

/** 1 for each hour of a working day, 0 for each of a Saturday, Sunday or holiday. */
const regimesOf = ({ isHoliday }: HourlySeries, clock: LocalClock): Regimes => {
  const known = new Map<number, 0 | 1>()
  const regimeOf = (localDay: number): 0 | 1 => {
    let regime = known.get(localDay)
    if (regime === undefined) {
      regime = weekdayOf(localDay) < 5 && !isHoliday?.(localDay) ? 1 : 0
      known.set(localDay, regime)
    }
    return regime
  }
  return (fromMs, hours) =>
    Uint8Array.from({ length: hours }, (_, hour) => regimeOf(clock.localDay(fromMs + hour * MS_PER_HOUR)))
}

const scoredBy = (
  history: HourlySeries,
  regimes: Regimes,
  { issuedAtMs, quantiles }: PastIssue,
): ScoredIssue => {
  const hours = quantiles.length / QUANTILES.length
  const first = Math.round((issuedAtMs - history.startMs) / MS_PER_HOUR)
  return {
    issuedAtMs,
    quantiles,
    truths: Float64Array.from({ length: hours }, (_, hour) => history.values[first + hour] ?? NaN),
    regimes: regimes(issuedAtMs, hours),
  }
}
