import type { Logger } from 'pino'
import { thingOf } from '../city/names.ts'
import type { Catalogue, Datastream } from '../store/catalogue/catalogue.ts'
import type { ForecastIssue, ForecastProperty, ForecastStore } from '../store/forecasts.ts'
import type { CommittedReading, Intake } from '../store/intake.ts'
import type { CitySeries } from './citySeries.ts'
import { issueDaily } from './dailyIssues.ts'
import { LEAST_HISTORY_HOURS, issueAll } from './issue.ts'
import { localDayStartMs, localHour } from './localTime.ts'
import { type ModelIssues, pastIssuesOf } from './modelIssues.ts'
import type { LoadedModel, ServedModels } from './registry/servedModels.ts'
import { type HourlySeries, MS_PER_HOUR, until } from './series.ts'

/**
 * Issues a forecast for each building's energy and occupancy whenever the data make a newer one possible: an hour has
 * been completed, or something before the last issue has changed. Forecasts are paced by the data's own time, so a
 * replayed past is forecast as it was lived. A challenger issues beside the champion, where nobody is shown it.
 */
export interface ForecastJob extends AsyncDisposable {
  /** Issues for every series that has none for its newest hour. Resolves when that is done. */
  catchUp(): Promise<void>
  /**
   * Issues what would have been issued at each local midnight of the last `days` days, knowing nothing later. Rejects
   * with the signal's reason within some buildings' forecasts of its abort; what is issued by then stays.
   */
  backfill(days: number, signal?: AbortSignal): Promise<void>
  /** Resolves when nothing is waiting to be issued. */
  idle(): Promise<void>
  close(): Promise<void>
}

export interface ForecastJobOptions {
  catalogue: Catalogue
  intake: Intake
  series: CitySeries
  models: ServedModels
  issues: ModelIssues
  log: Logger
  /** How long commits are gathered before the series that they touch are issued again. */
  settleMs?: number
  /** The same for commits that change the past of what was issued. */
  lateSettleMs?: number
}

export const createForecastJob = (options: ForecastJobOptions): ForecastJob => {
  const { catalogue, intake, series, models, issues, log, settleMs = 500, lateSettleMs = 30_000 } = options
  /** Up to when each series was complete when it was last looked at, by Datastream. */
  const looked = new Map<number, number>()
  const waiting = new Set<number>()
  /** Series whose past has changed: gathered for longer, for late data come in crowds. */
  const late = new Set<number>()
  let running: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let lateTimer: NodeJS.Timeout | undefined
  let closed = false

  const issue = async (datastream: Datastream): Promise<void> => {
    const knownUntilMs = await series.completeUntilMs(datastream)
    if (knownUntilMs === undefined) return
    // Noted before anything can fail: a series that cannot be forecast yet is tried again with its next hour.
    looked.set(datastream.id, knownUntilMs)
    const [building, property] = [thingOf(datastream.path), datastream.property as ForecastProperty]
    const champion = await models.champion(property, building)
    const challenger = await models.challenger(property, building)
    const hours = Math.max(...[champion, challenger].map((it) => historyHours(it)))
    const read = await series.read(datastream, knownUntilMs - hours * MS_PER_HOUR, knownUntilMs)
    // A lone reading far ahead (times up to a day ahead are accepted) completes no hour.
    const history = upToLastMeasured(read)
    const untilMs = localDayStartMs(localHour(knownUntilMs, read.timeZone).day + 2, read.timeZone)
    const issueOf = (model: LoadedModel): ForecastIssue | undefined =>
      issueAll(model, [{ series: history, untilMs, past: pastIssuesOf(issues, model.entry, history) }])[0]

    const served = issueOf(champion)
    if (served) issues.served.put(served)
    else log.debug({ datastream: datastream.path }, 'too little data for a forecast')
    const beside = challenger && issueOf(challenger)
    if (beside) issues.challengers.put(beside)
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
        if (series.isForecast(catalogue.datastreams.byId(datastreamId))) waiting.add(datastreamId)
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

  const backfillProperty = async (
    property: ForecastProperty,
    days: number,
    signal?: AbortSignal,
  ): Promise<void> => {
    const ofModel = new Map<string, { model: LoadedModel; store: ForecastStore; histories: HourlySeries[] }>()
    for (const datastream of series.list(property)) {
      signal?.throwIfAborted()
      const untilMs = await series.completeUntilMs(datastream)
      if (untilMs === undefined) continue
      const champion = await models.champion(property, thingOf(datastream.path))
      const challenger = await models.challenger(property, thingOf(datastream.path))
      const hours = Math.max(historyHours(champion), historyHours(challenger)) + days * 24
      const history = await series.read(datastream, untilMs - hours * MS_PER_HOUR, untilMs)
      const add = (model: LoadedModel, store: ForecastStore): void => {
        const of = ofModel.get(model.entry.id) ?? { model, store, histories: [] }
        of.histories.push(history)
        ofModel.set(model.entry.id, of)
      }
      add(champion, issues.served)
      if (challenger) add(challenger, issues.challengers)
    }
    for (const { model, store, histories } of ofModel.values()) {
      if (closed) return
      await issueDaily(model, histories, {
        days,
        onIssue: (issue) => store.put(issue),
        ...(signal && { signal }),
      })
    }
  }

  return {
    idle,
    close,
    [Symbol.asyncDispose]: close,
    async catchUp() {
      for (const property of PROPERTIES) for (const { id } of series.list(property)) waiting.add(id)
      running = running.then(drain)
      await running
    },
    async backfill(days, signal) {
      for (const property of PROPERTIES) await backfillProperty(property, days, signal)
    },
  }
}

const PROPERTIES = ['energy', 'occupancy'] as const

const historyHours = (model: LoadedModel | undefined): number =>
  Math.max(LEAST_HISTORY_HOURS, model?.fitted.contextHours ?? 0)

const upToLastMeasured = (read: HourlySeries): HourlySeries =>
  until(read, read.startMs + (read.values.findLastIndex((value) => !Number.isNaN(value)) + 1) * MS_PER_HOUR)
