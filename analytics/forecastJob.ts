import type { Logger } from 'pino'
import { NadiError } from '../city/errors.ts'
import { propertyOf, thingOf } from '../city/names.ts'
import type { Catalogue, Datastream } from '../store/catalogue/catalogue.ts'
import type { ForecastProperty, ForecastStore } from '../store/forecasts.ts'
import type { CommittedReading, Intake } from '../store/intake.ts'
import type { ObservationStore } from '../store/observations.ts'
import { hourlyHistory } from './hourlyHistory.ts'
import { localDayStartMs, localHour } from './localGrid.ts'
import type { ForecastModel } from './model.ts'

/**
 * Issues a forecast for each building's energy and occupancy whenever the data make a newer one possible: an hour has
 * been completed, or something before the last issue has changed. Forecasts are paced by the data's own time, so a
 * replayed past is forecast as it was lived.
 */
export interface ForecastJob extends AsyncDisposable {
  /** Issues for every series that has none for its newest hour. Resolves when that is done. */
  catchUp(): Promise<void>
  /** Issues what would have been issued at each local midnight of the last `days` days, knowing nothing later. */
  backfill(days: number): Promise<void>
  /** Resolves when nothing is waiting to be issued. */
  idle(): Promise<void>
  close(): Promise<void>
}

export interface ForecastJobOptions {
  catalogue: Catalogue
  observations: ObservationStore
  intake: Intake
  forecasts: ForecastStore
  model: ForecastModel
  /** The city's zone, for Datastreams that state none. */
  timeZone: string
  log: Logger
  /** How long commits are gathered before the series that they touch are issued again. */
  settleMs?: number
  /** The same for commits that change the past of what was issued. */
  lateSettleMs?: number
}

const MS_PER_HOUR = 3_600_000
const MS_PER_DAY = 86_400_000
const PROPERTIES: readonly ForecastProperty[] = ['energy', 'occupancy']

export const createForecastJob = (options: ForecastJobOptions): ForecastJob => {
  const {
    catalogue,
    observations,
    intake,
    forecasts,
    model,
    log,
    settleMs = 500,
    lateSettleMs = 30_000,
  } = options
  /** Up to when each series was complete when it was last looked at, by Datastream. */
  const looked = new Map<number, number>()
  const waiting = new Set<number>()
  /** Series whose past has changed: gathered for longer, for late data come in crowds. */
  const late = new Set<number>()
  let running: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let lateTimer: NodeJS.Timeout | undefined
  let closed = false

  const zoneOf = (datastream: Datastream): string => datastream.timeZone ?? options.timeZone

  const issue = async (datastream: Datastream): Promise<void> => {
    const newest = (await observations.latest([datastream.id])).get(datastream.id)
    if (!newest) return
    const timeZone = zoneOf(datastream)
    const knownUntilMs = completeUntilMs(datastream, newest.timeMs)
    // Noted before anything can fail: a series that cannot be forecast yet is tried again with its next hour.
    looked.set(datastream.id, knownUntilMs)
    const untilMs = localDayStartMs(localHour(knownUntilMs, timeZone).day + 2, timeZone)
    const history = await readHistory(datastream, knownUntilMs)
    // A lone reading far ahead (times up to a day ahead are accepted) completes no hour.
    const last = history.at(-1)
    const issuedAtMs = last ? last.timeMs + MS_PER_HOUR : knownUntilMs
    putIssue(datastream, history, issuedAtMs, untilMs)
  }

  const readHistory = (datastream: Datastream, toMs: number, extraDays = 0) =>
    hourlyHistory(observations, datastream, {
      fromMs: toMs - (model.contextDays + extraDays) * MS_PER_DAY,
      toMs,
      timeZone: zoneOf(datastream),
    })

  const putIssue = (
    datastream: Datastream,
    history: Awaited<ReturnType<typeof readHistory>>,
    issuedAtMs: number,
    untilMs: number,
  ): void => {
    try {
      const prediction = model.predict({ history, issuedAtMs, untilMs, timeZone: zoneOf(datastream) })
      forecasts.put({
        building: thingOf(datastream.path),
        property: propertyOf(datastream.path) as ForecastProperty,
        issuedAtMs,
        model: { name: model.name, version: model.version },
        ...prediction,
      })
    } catch (error) {
      if (!(error instanceof NadiError && error.code === 'insufficient-data')) throw error
      log.debug({ datastream: datastream.path, issuedAtMs }, 'too little data for a forecast')
    }
  }

  /** One series after the other: a forecast is never urgent enough to crowd out readings. */
  const drain = async (): Promise<void> => {
    for (const id of waiting) {
      if (closed) return
      waiting.delete(id)
      const datastream = catalogue.datastreams.byId(id)
      if (!datastream) continue
      try {
        await issue(datastream)
      } catch (error) {
        log.error(
          { err: error, datastream: datastream.path },
          'a forecast failed and is tried with the next data',
        )
      }
    }
  }

  const schedule = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined
      running = running.then(drain)
    }, settleMs)
  }

  const takeLate = (): void => {
    lateTimer = undefined
    for (const id of late) waiting.add(id)
    late.clear()
    schedule()
  }

  const notice = (committed: readonly CommittedReading[]): void => {
    for (const { datastreamId, timeMs } of committed) {
      const last = looked.get(datastreamId)
      if (last === undefined) {
        if (isForecast(catalogue.datastreams.byId(datastreamId))) waiting.add(datastreamId)
      } else if (timeMs < last) {
        late.add(datastreamId)
      } else if (timeMs >= last + MS_PER_HOUR) {
        waiting.add(datastreamId)
      }
    }
    if (waiting.size > 0) schedule()
    if (late.size > 0) lateTimer ??= setTimeout(takeLate, lateSettleMs)
  }

  const stopListening = intake.onCommit(notice)
  const series = (): Datastream[] => catalogue.datastreams.list().filter(isForecast)
  const idle = async (): Promise<void> => {
    clearTimeout(lateTimer)
    takeLate()
    clearTimeout(timer)
    timer = undefined
    running = running.then(drain)
    await running
  }
  const close = async (): Promise<void> => {
    closed = true
    stopListening()
    clearTimeout(timer)
    clearTimeout(lateTimer)
    await running
  }

  return {
    idle,
    close,
    [Symbol.asyncDispose]: close,
    async catchUp() {
      for (const { id } of series()) waiting.add(id)
      running = running.then(drain)
      await running
    },
    async backfill(days) {
      for (const datastream of series()) {
        if (closed) return
        const newest = (await observations.latest([datastream.id])).get(datastream.id)
        if (!newest) continue
        const timeZone = zoneOf(datastream)
        const today = localHour(newest.timeMs, timeZone).day
        const history = await readHistory(datastream, localDayStartMs(today, timeZone), days)
        for (let day = today - days; day < today; day += 1) {
          const issuedAtMs = localDayStartMs(day, timeZone)
          const before = history.filter(({ timeMs }) => timeMs < issuedAtMs)
          putIssue(datastream, before, issuedAtMs, localDayStartMs(day + 2, timeZone))
        }
      }
    },
  }
}

/** Forecast are a building's own energy and occupancy. */
const isForecast = (datastream: Datastream | undefined): boolean =>
  datastream !== undefined &&
  !thingOf(datastream.path).includes('/') &&
  (PROPERTIES as readonly string[]).includes(datastream.property)

/**
 * The full hour (UTC and every zone of whole hours agree on it) up to which data are complete: a state or a register
 * read at 10:02 completes the hours before 10; an amount that began at 10:00 completes its own step as well.
 */
const completeUntilMs = ({ kind, intervalSeconds }: Datastream, newestMs: number): number => {
  const knownUntilMs = kind === 'interval' ? newestMs + (intervalSeconds ?? 3600) * 1000 : newestMs
  return Math.floor(knownUntilMs / MS_PER_HOUR) * MS_PER_HOUR
}
