import type { Logger } from 'pino'
import type { Point } from '../../city/observation.ts'
import type { GroupCommit } from '../groupCommit.ts'
import { horizonAllowedMs } from '../retention.ts'
import type { HorizonReader } from './horizon.ts'
import type { Rollups } from './rollups.ts'
import { horizonLine } from './schema.ts'

/** Up to where samples are gone, and up to where appends refuse: the second moves before the first. */
export interface Limits {
  horizonMs: number
  refusedBeforeMs: number
}

export interface DropParts {
  horizon: HorizonReader
  rollups: Rollups
  commits: Pick<GroupCommit<Point>, 'exclusively'>
  writeRollup: (lines: readonly string[]) => Promise<void>
  limits: Limits
  rawDays: number
  now: () => number
  /** Ends a drop between two of its steps. */
  signal: AbortSignal
  log: Logger
}

/** Moves the horizon as far as it may stand, and deletes what is before it; what was not finished is done next time. */
export const dropOld = async (parts: DropParts): Promise<void> => {
  const { horizon, limits, rawDays, now, signal, log } = parts
  if (rawDays === 0) return
  const allowedMs = horizonAllowedMs(now(), await horizon.newestMs(), rawDays)
  if (allowedMs > limits.horizonMs) {
    await moveHorizon(parts, allowedMs)
    log.info({ horizon: new Date(limits.horizonMs).toISOString() }, 'samples before it are dropped')
  }
  while (!signal.aborted && (await horizon.dropStretch(limits.horizonMs)));
}

const moveHorizon = async (parts: DropParts, toMs: number): Promise<void> => {
  const { horizon, rollups, commits, writeRollup, limits, signal } = parts
  // Appends wait in line, so those before were held against the old horizon and are written before the next step.
  limits.refusedBeforeMs = Math.max(limits.refusedBeforeMs, toMs)
  await commits.exclusively(async () => undefined)
  const series = await horizon.seriesBefore(toMs)
  while (limits.horizonMs < toMs && !signal.aborted) {
    await rollups.settle(series, toMs)
    // Between two commits, for a deletion may have marked an hour meanwhile.
    await commits.exclusively(async () => {
      if (!rollups.isSettled(series, toMs)) return
      await writeRollup([horizonLine(toMs)])
      limits.horizonMs = toMs
    })
  }
}

/** Asks again when the horizon moved meanwhile: no answer joins samples from before and sums from after. */
export const atOneHorizon = async <T>(
  limits: Pick<Limits, 'horizonMs'>,
  ask: (horizonMs: number) => Promise<T>,
): Promise<T> => {
  for (;;) {
    const { horizonMs } = limits
    const answer = await ask(horizonMs)
    if (horizonMs === limits.horizonMs) return answer
  }
}
