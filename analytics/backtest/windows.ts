import type { CleanSeries } from '../dataset/clean.ts'
import { localDayStartMs, localHour } from '../localTime.ts'
import { measuredHours } from '../measuredHours.ts'
import { endMs, MS_PER_HOUR } from '../series.ts'

/** How forecasts are rolled over a past; one protocol a name. */
export interface Protocol {
  name: string
  /** Hours that each forecast is for. */
  horizonHours: number
  /** Hours from one origin to the next; origins lie at local midnight, so whole days. */
  stepHours: number
  /** Hours of history without which no forecast is asked for; half of them must be measured. */
  leastInputHours: number
}

/** BuildingsBench (NREL, NeurIPS 2023): a day ahead, each day, with at least a week of context. */
export const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  buildingsbench: { name: 'buildingsbench', horizonHours: 24, stepHours: 24, leastInputHours: 168 },
}

/** Where learning ends and forecasting begins, for each building. */
export type Split = { fraction: number } | { untilDate: string }

export interface ExcludedWindow {
  building: string
  issuedAtMs: number
  reason: string
}

/** The windows of one building. */
export interface BuildingWindows {
  building: CleanSeries
  /** Everything before it may be learned from; local midnight. */
  cutoffMs: number
  issuedAtMs: readonly number[]
  excluded: readonly ExcludedWindow[]
}

const LEAST_MEASURED_SHARE = 0.5

/** Origins at local midnight from the cutoff on; those without context or truth are excluded, with the reason. */
export const windowsOf = (building: CleanSeries, split: Split, protocol: Protocol): BuildingWindows => {
  const { series, truth } = building
  const { timeZone, startMs, id } = series
  const cutoffMs = cutoffOf(building, split)
  const issuedAtMs: number[] = []
  const excluded: ExcludedWindow[] = []
  const stepDays = Math.max(1, Math.round(protocol.stepHours / 24))
  for (let day = localHour(Math.max(cutoffMs, startMs), timeZone).day; ; day += stepDays) {
    const originMs = localDayStartMs(day, timeZone)
    if (originMs >= endMs(series)) break
    const at = Math.round((originMs - startMs) / MS_PER_HOUR)
    const reason = reasonAgainst(building, at, protocol)
    if (reason === undefined) issuedAtMs.push(originMs)
    else excluded.push({ building: id, issuedAtMs: originMs, reason })
  }
  return { building, cutoffMs, issuedAtMs, excluded }

  function reasonAgainst(
    { series }: CleanSeries,
    at: number,
    { horizonHours, leastInputHours }: Protocol,
  ): string | undefined {
    if (at < leastInputHours) return `fewer than ${leastInputHours} hours of history`
    const context = series.values.subarray(at - leastInputHours, at)
    if (measuredHours(context) < LEAST_MEASURED_SHARE * leastInputHours) {
      return `less than half of the last ${leastInputHours} hours measured`
    }
    if (measuredHours(truth.subarray(at, at + horizonHours)) === 0) return 'no truth measured'
    return undefined
  }
}

const cutoffOf = ({ series, truth }: CleanSeries, split: Split): number => {
  const { timeZone, startMs } = series
  if ('untilDate' in split) {
    return Temporal.PlainDate.from(split.untilDate).toZonedDateTime(timeZone).epochMilliseconds
  }
  const first = truth.findIndex((value) => !Number.isNaN(value))
  const last = truth.findLastIndex((value) => !Number.isNaN(value))
  const middleMs = startMs + (first + split.fraction * (last + 1 - first)) * MS_PER_HOUR
  const { day } = localHour(middleMs, timeZone)
  const midnightMs = localDayStartMs(day, timeZone)
  return midnightMs >= middleMs ? midnightMs : localDayStartMs(day + 1, timeZone)
}
