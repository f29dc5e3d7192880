import type { Logger } from 'pino'
import type { Point } from '../city/observation.ts'

/**
 * Raw samples are kept for `NADI_RAW_DAYS`; before the **horizon**, a UTC midnight that only ever moves forward, there
 * are hourly sums alone. They are frozen: readings from before the horizon are refused.
 */
const DAY_MS = 86_400_000

/** Wait after the start before the first drop, and between two looks whether the horizon may move. */
const FIRST_AFTER_MS = 60_000
const AGAIN_AFTER_MS = 3_600_000

/**
 * Where the horizon may stand: `rawDays` before now, and before the newest sample too, so that a clock that is far
 * ahead drops nothing. Without samples it stays where it is.
 */
export const horizonAllowedMs = (nowMs: number, newestMs: number | undefined, rawDays: number): number =>
  newestMs === undefined ? 0 : Math.max(0, Math.floor(Math.min(nowMs, newestMs) / DAY_MS) - rawDays) * DAY_MS

/** Why each point is refused, by position, undefined for those that are young enough; undefined when all are. */
export const tooOld = (
  points: readonly Point[],
  horizonMs: number,
): readonly (string | undefined)[] | undefined => {
  if (!points.some(({ timeMs }) => timeMs < horizonMs)) return undefined
  const reason = `older than what NADI_RAW_DAYS keeps: only hourly sums are left before ${new Date(horizonMs).toISOString()}, and they do not change any more; check the sensor’s clock, and import history before the setting is made`
  return points.map(({ timeMs }) => (timeMs < horizonMs ? reason : undefined))
}

/** Runs `drop` some time after the start and then every hour until it is closed, which waits for the run under way. */
export const createDropJob = (drop: () => Promise<void>, log: Logger): { close(): Promise<void> } => {
  let running: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  const plan = (afterMs: number): void => {
    timer = setTimeout(() => {
      running = drop()
        .catch((error: unknown) =>
          log.warn({ err: error }, 'old samples could not be dropped; it is tried again in an hour'),
        )
        .finally(() => {
          if (timer) plan(AGAIN_AFTER_MS)
        })
    }, afterMs)
  }
  plan(FIRST_AFTER_MS)
  return {
    async close() {
      clearTimeout(timer)
      timer = undefined
      await running
    },
  }
}
