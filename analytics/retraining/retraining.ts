import type { Logger } from 'pino'
import { NadiError } from '../../city/errors.ts'
import { thingOf } from '../../city/names.ts'
import type { ForecastProperty } from '../../store/forecasts.ts'
import { issueDaily } from '../dailyIssues.ts'
import { clean } from '../dataset/clean.ts'
import { localDayStartMs, localHour } from '../localTime.ts'
import { measuredHours } from '../measuredHours.ts'
import type { ModelEntry, Slot } from '../registry/entry.ts'
import { trainingDataOf } from '../registry/fingerprint.ts'
import type { LoadedModel } from '../registry/servedModels.ts'
import { type HourlySeries, MS_PER_HOUR, endMs, hoursOf, until } from '../series.ts'
import type { WorkerTrainer } from '../training/workerTrainer.ts'
import {
  DRIFT,
  DRIFT_CONTEXT_MS,
  type Drift,
  findCovariateDrift,
  findErrorDrift,
  reasonToRetrain,
} from './drift.ts'
import { PROMOTION, judgeChallenger } from './judgeChallenger.ts'
import { type Scoring, scoreProperty, scoreSeries } from './scoring.ts'
import { summaryOf } from './summary.ts'

/**
 * Keeps the city's models as good as they can be: scores champion and challenger on what was measured since, promotes
 * or refuses the challenger by a stated rule, and trains another when the newest is a week old or the data have drifted.
 */
export interface Retraining {
  /** One round over both properties; called each night. A failure of one property is logged. */
  runDaily(): Promise<void>
  /**
   * Scores and judges alone, for a past that has just been filled in: only what is much better is promoted. Whether
   * another champion serves now.
   */
  judgeNow(): Promise<boolean>
  /**
   * Trains a model, has it forecast the days that were held back, and judges it at once. Throws `insufficient-data`
   * when no series is long enough, `conflict` while another is trained.
   */
  train(request: TrainNow): Promise<ModelEntry>
}

export interface TrainNow extends Slot {
  reason: string
  signal?: AbortSignal
  onProgress?: (done: number, total: number, what: string) => void
}

export interface RetrainingOptions extends Scoring {
  train: WorkerTrainer['train']
  /** The kind of model that is trained. */
  kind: string
  /** The version of Nadi. */
  codeVersion: string
  now: () => number
  log: Logger
  /** Is told of what was done by itself, for the audit log. */
  tell: (act: {
    action: 'model.trained' | 'model.promote' | 'model.refuse'
    subject: string
    detail: Record<string, string>
  }) => void
}

/** When a model is trained, all of it. */
export const TRAINING = {
  /** A newer one is trained when the newest is so old, */
  everyDays: 7,
  /** on drift when it is so old; */
  leastDaysApart: 3,
  /** from series with so many measured days, */
  leastDays: 42,
  /** at most so far back, */
  mostDays: 400,
  /** without the newest days, on which it is judged. */
  heldBackDays: PROMOTION.leastDays,
} as const

const MS_PER_DAY = 24 * MS_PER_HOUR
const PROPERTIES = ['energy', 'occupancy'] as const

export const createRetraining = (options: RetrainingOptions): Retraining => {
  const { registry, models, issues, series, kind, now, log, tell } = options
  let training = false

  /** The series of a slot that are long enough, each up to its newest complete hour. */
  const readAll = async ({ property, building }: Slot): Promise<HourlySeries[]> => {
    const found: HourlySeries[] = []
    for (const datastream of series.list(property)) {
      if (building !== null && thingOf(datastream.path) !== building) continue
      const untilMs = await series.completeUntilMs(datastream)
      if (untilMs === undefined) continue
      const all = await series.read(datastream, untilMs - TRAINING.mostDays * MS_PER_DAY, untilMs)
      const first = all.values.findIndex((value) => !Number.isNaN(value))
      if (measuredHours(all.values) >= TRAINING.leastDays * 24) found.push(hoursOf(all, first))
    }
    return found
  }

  const trainAndJudge = async (request: TrainNow): Promise<ModelEntry> => {
    const { property, building, reason, signal, onProgress } = request
    const slot = { property, building }
    const whole = await readAll(slot)
    if (whole.length === 0) throw tooLittle(slot)
    const learned = whole.map((it) => clean(until(it, heldBackFromMs(it))).series)
    const base = await baseOf(slot)
    const trainedAtMs = now()
    const startedMs = performance.now()
    const { content, version } = await options.train({
      kind,
      training: learned,
      ...(base && { from: registry.content(base.id) }),
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    })
    const entry = registry.add({
      property,
      building,
      name: kind,
      version,
      data: trainingDataOf(learned),
      codeVersion: options.codeVersion,
      trainedAtMs,
      trainingSeconds: (performance.now() - startedMs) / 1000,
      metrics: null,
      reason,
      content,
    })
    // The same bytes again: there was nothing to learn that the base does not know.
    if (entry.trainedAtMs !== trainedAtMs) return entry
    tell({
      action: 'model.trained',
      subject: entry.id,
      detail: { property, building: building ?? 'all', reason },
    })
    if (entry.state === 'challenger') await rehearse(entry, whole, signal)
    judge(slot)
    return registry.find(entry.id) ?? entry
  }

  /** What training starts from: the champion, or the newest of its kind where another kind serves. */
  const baseOf = async ({ property, building }: Slot): Promise<ModelEntry | undefined> => {
    const { entry } = await models.champion(property, building ?? '')
    if (entry.name === kind) return entry
    return registry
      .list({ property })
      .find((it) => it.name === kind && it.building === null && it.state !== 'refused')
  }

  /** Has it forecast the days that it has not seen, as if it had served then. A model that cannot is refused. */
  const rehearse = async (
    entry: ModelEntry,
    whole: readonly HourlySeries[],
    signal?: AbortSignal,
  ): Promise<void> => {
    let model: LoadedModel
    try {
      model = await models.load(entry.id)
      await issueDaily(model, whole, {
        days: TRAINING.heldBackDays,
        onIssue: (issue) => issues.challengers.put(issue),
        ...(signal && { signal }),
      })
    } catch (error) {
      const isItsFault =
        error instanceof NadiError && (error.code === 'damaged-model' || error.code === 'invalid-input')
      if (!isItsFault) throw error
      refuse(entry.id, error.message)
      return
    }
    for (const truth of whole) scoreSeries(options, entry, truth, TRAINING.heldBackDays)
    const metrics = summaryOf(registry.scores.range(entry.id, 0, Infinity))
    if (metrics) registry.setMetrics(entry.id, metrics)
  }

  const refuse = (id: string, reason: string): void => {
    registry.refuse(id, reason)
    tell({ action: 'model.refuse', subject: id, detail: { reason } })
    log.info({ model: id, reason }, 'a challenger was refused')
  }

  const judge = (slot: Slot, leastGain = -Infinity): void => {
    const challenger = registry.current(slot, 'challenger')
    const champion =
      registry.current(slot, 'champion') ?? registry.current({ ...slot, building: null }, 'champion')
    if (!challenger || !champion) return
    const scores = ({ id }: ModelEntry) => registry.scores.range(id, 0, Infinity)
    const { decision, reason, comparison } = judgeChallenger(scores(champion), scores(challenger))
    if ((comparison.gain ?? leastGain) < leastGain) return
    if (decision === 'refuse') refuse(challenger.id, reason)
    if (decision !== 'promote') return
    registry.promote(challenger.id, reason)
    tell({ action: 'model.promote', subject: challenger.id, detail: { reason } })
    log.info({ model: challenger.id, before: champion.id, reason }, 'a challenger was promoted')
  }

  /** Why the model for all is to be trained again now; undefined when it is not. */
  const dueReason = async (property: ForecastProperty): Promise<string | undefined> => {
    const slot = { property, building: null }
    if (registry.current(slot, 'challenger')) return undefined
    const trained = registry.list({ property }).filter(({ building }) => building === null)
    const newestMs = Math.max(...trained.map(({ trainedAtMs }) => trainedAtMs))
    const ageDays = Math.floor((now() - newestMs) / MS_PER_DAY)
    if (ageDays >= TRAINING.everyDays) return `On schedule: the newest model is ${ageDays} days old.`
    if (ageDays < TRAINING.leastDaysApart) return undefined
    return reasonToRetrain(await findDrifts(property), series.list(property).length)
  }

  const findDrifts = async (property: ForecastProperty): Promise<Drift[]> => {
    const drifts: (Drift | undefined)[] = []
    for (const datastream of series.list(property)) {
      const building = thingOf(datastream.path)
      const { entry } = await models.champion(property, building)
      const scores = registry.scores
        .range(entry.id, 0, Infinity)
        .filter((score) => score.building === building)
      drifts.push(findErrorDrift(scores.slice(-DRIFT.newestDays - DRIFT.earlierDays)))
      const untilMs = await series.completeUntilMs(datastream)
      if (untilMs !== undefined)
        drifts.push(findCovariateDrift(await series.read(datastream, untilMs - DRIFT_CONTEXT_MS, untilMs)))
    }
    return drifts.filter((drift) => drift !== undefined)
  }

  const train: Retraining['train'] = async (request) => {
    if (training) {
      throw new NadiError('conflict', 'A model is being trained already. Try again when it is done.')
    }
    training = true
    try {
      return await trainAndJudge(request)
    } finally {
      training = false
    }
  }

  const judgeProperty = async (property: ForecastProperty, leastGain?: number): Promise<void> => {
    await scoreProperty(options, property)
    const waiting = registry.list({ property }).filter(({ state }) => state === 'challenger')
    for (const { building } of waiting) judge({ property, building }, leastGain)
  }

  const trainWhenDue = async (property: ForecastProperty): Promise<void> => {
    const reason = await dueReason(property)
    if (reason !== undefined && !training) await train({ property, building: null, reason })
  }

  return {
    train,
    async judgeNow() {
      const champions = (): string =>
        PROPERTIES.map((property) => registry.current({ property, building: null }, 'champion')?.id).join()
      const before = champions()
      for (const property of PROPERTIES) await judgeProperty(property, PROMOTION.firstDayMargin)
      return champions() !== before
    },
    async runDaily() {
      for (const property of PROPERTIES) {
        try {
          await judgeProperty(property)
          await trainWhenDue(property)
        } catch (error) {
          const isUsual = error instanceof NadiError && error.code === 'insufficient-data'
          if (isUsual) log.debug({ property }, error.message)
          else log.error({ err: error, property }, 'models were not looked after and are tomorrow')
        }
      }
    },
  }
}

const heldBackFromMs = (series: HourlySeries): number =>
  localDayStartMs(localHour(endMs(series), series.timeZone).day - TRAINING.heldBackDays, series.timeZone)

const tooLittle = ({ property, building }: Slot): NadiError =>
  new NadiError(
    'insufficient-data',
    `A model of ${property} learns from at least ${TRAINING.leastDays} measured days, and ${building ?? 'no building'} has ${building === null ? 'them' : 'fewer'} yet. Import history or wait; the model that ships with Nadi serves meanwhile.`,
  )
