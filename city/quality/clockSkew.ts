import { AHEAD_TOLERANCE_MS } from '../buildingNow.ts'
import { shownDuration, type Finding } from './finding.ts'

/**
 * A device's clock, judged by when its readings arrive. A time ahead of its arrival has no other explanation. A time
 * behind has many (a spool that empties, an import), but then the distance changes from reading to reading; where
 * every reading for a while came late by the same time, the clock is slow (or the delay is by design, which the
 * sentence says too).
 */
export interface ClockWatch {
  /** The fault that lasts: the data's times it covers so far, and by how much. */
  fault: { fromMs: number; lastMs: number; aheadMs: number } | undefined
  /** Readings in a row that came equally late. */
  late: { sinceMs: number; fromMs: number; lateMs: number; count: number } | undefined
}

export const createClockWatch = (): ClockWatch => ({ fault: undefined, late: undefined })

/** Lateness up to this is the way: batches, retries, an interval that is told at its end. */
const LATE_TOLERANCE_MS = 600_000
/** So long, and so many readings, must all have come equally late. */
const LATE_FOR_MS = 600_000
const LATE_COUNT = 5
/** Equally late: within a minute and the Datastream's own step. */
const SAME_LATENESS_MS = 60_000

/**
 * Notes an arrival. Returns a finding when one begins (`toMs` null) or ends, else undefined. Cheap for a reading whose
 * time is right. `stepMs` widens what counts as late: an hour's amount is told when the hour is over.
 */
export const noteArrival = (
  watch: ClockWatch,
  arrival: { timeMs: number; arrivedMs: number; stepMs: number | undefined },
): Finding | undefined => {
  const { timeMs, arrivedMs, stepMs = 0 } = arrival
  const lateMs = arrivedMs - timeMs
  if (lateMs >= -AHEAD_TOLERANCE_MS && lateMs <= LATE_TOLERANCE_MS + 2 * stepMs) {
    watch.late = undefined
    return endFault(watch)
  }
  if (lateMs < 0) {
    watch.late = undefined
    return noteFault(watch, { fromMs: timeMs, timeMs, aheadMs: -lateMs })
  }
  const { late } = watch
  if (late === undefined || Math.abs(lateMs - late.lateMs) > SAME_LATENESS_MS + stepMs) {
    watch.late = { sinceMs: arrivedMs, fromMs: timeMs, lateMs, count: 1 }
    return endFault(watch)
  }
  late.count += 1
  if (late.count < LATE_COUNT || arrivedMs - late.sinceMs < LATE_FOR_MS) return undefined
  return noteFault(watch, { fromMs: late.fromMs, timeMs, aheadMs: -lateMs })
}

const noteFault = (
  watch: ClockWatch,
  { fromMs, timeMs, aheadMs }: { fromMs: number; timeMs: number; aheadMs: number },
): Finding | undefined => {
  const { fault } = watch
  if (fault !== undefined && Math.sign(fault.aheadMs) === Math.sign(aheadMs)) {
    fault.lastMs = Math.max(fault.lastMs, timeMs)
    return undefined
  }
  watch.fault = { fromMs, lastMs: timeMs, aheadMs }
  return findingOf(watch.fault, null)
}

const endFault = (watch: ClockWatch): Finding | undefined => {
  const { fault } = watch
  if (fault === undefined) return undefined
  watch.fault = undefined
  return findingOf(fault, fault.lastMs)
}

const findingOf = (
  { fromMs, aheadMs }: { fromMs: number; aheadMs: number },
  toMs: number | null,
): Finding => ({
  kind: 'clock-skew',
  fromMs,
  toMs,
  count: 1,
  detail:
    aheadMs > 0
      ? `its times are ${shownDuration(aheadMs)} ahead of their arrival: the device's clock is fast`
      : `every reading comes ${shownDuration(-aheadMs)} after its time: the device's clock is slow, or it sends so late by design`,
})
