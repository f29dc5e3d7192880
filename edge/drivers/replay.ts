import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { NadiError } from '../../city/errors.ts'
import { isTimeZone } from '../../city/mapping/wallClock.ts'
import { isThingPath } from '../../city/names.ts'
import type { Reading } from '../../city/observation.ts'
import type { Driver } from '../driver.ts'
import { openReplayFile, type ReplayFile } from '../replay/replayFile.ts'
import type { DriverFactory } from './index.ts'

/**
 * A file's rows as a building would publish them: with the file's own times (or the first moved to the present), in
 * the file's order, at a multiple of real time. Mapping and row function are those of the import, so both bring the
 * same readings; what an import would reject is left out and counted in the log.
 */
const settingsSchema = z
  .object({
    kind: z.literal('replay'),
    /** CSV, plain or gzip. */
    file: z.string().min(1),
    /** The mapping file that says how to read it. */
    mapping: z.string().min(1),
    /** Times real time; 0: as fast as the agent takes them. */
    speed: z.number().nonnegative().default(1),
    /** Moves the first time to the present, and all others with it. */
    now: z.boolean().default(false),
    /** Only readings with `from <= time < to` (ISO 8601 with offset), by the file's own times. */
    from: z.iso.datetime({ offset: true }).optional(),
    to: z.iso.datetime({ offset: true }).optional(),
    /** Where the mapping names none. */
    building: z.string().refine(isThingPath, 'a path of lower-case segments').optional(),
    /** Zone of wall-clock times where the mapping names none; an import takes the city's. */
    timeZone: z.string().refine(isTimeZone, 'an IANA time zone').default('UTC'),
  })
  .strict()

/** Readings that are handed over at once. */
const BATCH = 500
/** A clock fault in the file may jump by years: no step holds a replay up for longer than a day of file time. */
const LONGEST_STEP_MS = 86_400_000

export const createReplayDriver: DriverFactory = async (settings, context) => {
  const parsed = settingsSchema.safeParse(settings)
  if (!parsed.success) {
    throw new NadiError('invalid-input', 'The settings of the driver "replay" are wrong.', {
      problems: parsed.error.issues.map(({ path, message }) => ({
        pointer: `/${path.join('/')}`,
        detail: message,
      })),
    })
  }
  const { speed, now: moved, from, to, building, timeZone } = parsed.data
  const file = await openReplayFile({
    file: context.resolvePath(parsed.data.file),
    mapping: context.resolvePath(parsed.data.mapping),
    building,
    timeZone,
    nowMs: context.now(),
    fromMs: from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from),
    toMs: to === undefined ? Number.POSITIVE_INFINITY : Date.parse(to),
  })
  if (file.rejected > 0) {
    context.log.warn(
      { rejected: file.rejected },
      'lines or cells of the file are no readings and are left out',
    )
  }
  const pace = { speed, shiftMs: moved && file.firstMs !== undefined ? context.now() - file.firstMs : 0 }
  const driver: Driver = {
    // At its own speed, but never faster than it is acknowledged: a file is still there later.
    canWait: true,
    describe: () => file.birth,
    read: (signal) => paced(file, pace, context.now, signal),
    [Symbol.asyncDispose]: async () => undefined,
  }
  return driver
}

/** The file's readings in batches, each when its time has come. */
async function* paced(
  file: ReplayFile,
  { speed, shiftMs }: { speed: number; shiftMs: number },
  now: () => number,
  signal: AbortSignal,
): AsyncGenerator<readonly Reading[]> {
  const startMs = now()
  let fileMs = 0
  let lastMs: number | undefined
  let batch: Reading[] = []
  for await (const readings of file.rows()) {
    if (signal.aborted) return
    for (const { datastream, timeMs, value } of readings) {
      fileMs += lastMs === undefined ? 0 : Math.min(Math.max(timeMs - lastMs, 0), LONGEST_STEP_MS)
      lastMs = lastMs === undefined ? timeMs : Math.max(lastMs, timeMs)
      const waitMs = speed === 0 ? 0 : startMs + fileMs / speed - now()
      if (waitMs > 0) {
        if (batch.length > 0) yield batch
        batch = []
        // Ends quietly when the agent closes: an aborted wait is no failure.
        await sleep(waitMs, undefined, { signal }).catch(() => undefined)
        if (signal.aborted) return
      }
      batch.push({ datastream, timeMs: timeMs + shiftMs, value })
      if (batch.length < BATCH) continue
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}
