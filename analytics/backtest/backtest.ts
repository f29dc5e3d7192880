import { setImmediate } from 'node:timers/promises'
import { NadiError } from '../../city/errors.ts'
import { type CleanSeries, knownAt } from '../dataset/clean.ts'
import { LEAST_HOURS } from '../dataset/examine.ts'
import type { FittedModel, ForecastInput, ForecastModel } from '../forecastModel.ts'
import { issueForecasts, type PastIssue } from '../issueForecasts.ts'
import { measuredHours } from '../measuredHours.ts'
import { createScore, type Score } from '../metrics.ts'
import { type HourlySeries, MS_PER_HOUR, hoursOf } from '../series.ts'
import { watchPeakMemory } from './peakMemory.ts'
import { type BuildingWindows, type ExcludedWindow, type Protocol, type Split, windowsOf } from './windows.ts'

/** One forecast of a backtest and what came. */
export interface IssuedForecast {
  model: string
  building: string
  issuedAtMs: number
  /** `[hours x 9]`, row-major. */
  quantiles: Float64Array
  /** NaN where nothing was measured. */
  truth: Float64Array
}

export interface BacktestOptions {
  models: readonly ForecastModel[]
  buildings: readonly CleanSeries[]
  /** Other buildings to learn from: zero shot. Without them each building is learned from up to its cutoff. */
  pretrain?: readonly CleanSeries[] | undefined
  protocol: Protocol
  split: Split
  /** `perfect`: models are given the temperature of the hours ahead. */
  weatherMode: 'past' | 'perfect'
  /** Only so many hours of history are shown to the models; without it, all. */
  inputSizeHours?: number | undefined
  seed?: number
  signal?: AbortSignal
  onProgress?: (text: string) => void
  /** Every forecast, in order of issue time; awaited, so that a slow file is not run over. */
  onForecast?: (forecast: IssuedForecast) => void | Promise<void>
}

export interface ModelResult {
  name: string
  version: string
  /** In the order of the buildings. */
  buildings: ReadonlyMap<string, Score>
  overall: Score
  /** Of learning and forecasting; null when it did so elsewhere. */
  seconds: number | null
  peakMemoryMb: number | null
  /** Windows that this model would not forecast. */
  refused: readonly ExcludedWindow[]
}

export interface BacktestResult {
  models: readonly ModelResult[]
  windows: readonly BuildingWindows[]
}

/** The past issues of a series that its calibration is given, at most. */
const KEPT_ISSUES = 60

/**
 * Rolling origin: each model learns once from what lies before the cutoffs (no refit), then forecasts window after
 * window. Every series is cut at the issue time before a model sees it. Throws `insufficient-data` when no building
 * has a window.
 */
export const runBacktest = async (options: BacktestOptions): Promise<BacktestResult> => {
  const windows = options.buildings.map((building) => windowsOf(building, options.split, options.protocol))
  if (windows.every(({ issuedAtMs }) => issuedAtMs.length === 0)) throw noWindows(windows)
  const models: ModelResult[] = []
  for (const model of options.models) models.push(await runModel(model, windows, options))
  return { models, windows }
}

const runModel = async (
  model: ForecastModel,
  windows: readonly BuildingWindows[],
  options: BacktestOptions,
): Promise<ModelResult> => {
  const memory = watchPeakMemory()
  const startedMs = performance.now()
  const training = trainingOf(windows, options)
  const fitted = await model.fit(training, {
    seed: options.seed ?? 1,
    ...(options.signal && { signal: options.signal }),
    onProgress(done, total, what) {
      memory.sample()
      options.onProgress?.(`${model.name}: ${what} ${done} of ${total}`)
    },
  })
  const buildings = new Map(
    windows.flatMap(({ building, issuedAtMs }) =>
      issuedAtMs.length > 0 ? [[building.series.id, createScore()] as const] : [],
    ),
  )
  const overall = createScore()
  const refused: ExcludedWindow[] = []
  const rounds = roundsOf(windows)
  const past = new Map<string, PastIssue[]>()
  let done = 0
  for (const [issuedAtMs, round] of rounds) {
    options.signal?.throwIfAborted()
    const inputs = round.map((building) => ({
      input: inputOf(building, issuedAtMs, options),
      past: past.get(building.series.id) ?? [],
    }))
    const issued = issueEach(fitted, inputs)
    for (const [place, building] of round.entries()) {
      const quantiles = issued[place]
      const { id } = building.series
      if (typeof quantiles === 'string' || !quantiles) {
        refused.push({ building: id, issuedAtMs, reason: quantiles ?? 'no forecast' })
        continue
      }
      past.set(id, [...(past.get(id) ?? []), { issuedAtMs, quantiles }].slice(-KEPT_ISSUES))
      const truth = truthOf(building, issuedAtMs, options.protocol)
      buildings.get(id)?.add(quantiles, truth)
      overall.add(quantiles, truth)
      await options.onForecast?.({ model: model.name, building: id, issuedAtMs, quantiles, truth })
    }
    done += 1
    memory.sample()
    options.onProgress?.(`${model.name}: day ${done} of ${rounds.length}`)
    await setImmediate()
  }
  const seconds = (performance.now() - startedMs) / 1000
  return {
    name: model.name,
    version: model.version,
    buildings,
    overall,
    seconds,
    peakMemoryMb: memory.stop(),
    refused,
  }
}

/** What may be learned from: the other buildings, or each building as it was known at its cutoff. */
const trainingOf = (windows: readonly BuildingWindows[], { pretrain }: BacktestOptions): HourlySeries[] =>
  pretrain
    ? pretrain.map(({ series }) => series)
    : windows
        .map(({ building, cutoffMs }) => knownAt(building, cutoffMs))
        .filter(({ values }) => measuredHours(values) >= LEAST_HOURS)

/** Buildings by issue time, ascending: all that is issued at one time is issued at once, as a city would. */
const roundsOf = (windows: readonly BuildingWindows[]): [number, CleanSeries[]][] => {
  const rounds = new Map<number, CleanSeries[]>()
  for (const { building, issuedAtMs } of windows) {
    for (const timeMs of issuedAtMs) {
      const round = rounds.get(timeMs)
      if (round) round.push(building)
      else rounds.set(timeMs, [building])
    }
  }
  return [...rounds].sort(([a], [b]) => a - b)
}

const inputOf = (
  building: CleanSeries,
  issuedAtMs: number,
  { protocol, weatherMode, inputSizeHours }: BacktestOptions,
): ForecastInput => {
  const known = knownAt(building, issuedAtMs)
  const { horizonHours } = protocol
  const { temperatureCelsius } = building.series
  const now = known.values.length
  const ahead = new Float64Array(horizonHours).fill(NaN)
  ahead.set(temperatureCelsius?.subarray(now, now + horizonHours) ?? [])
  return {
    history: inputSizeHours === undefined ? known : hoursOf(known, Math.max(0, now - inputSizeHours)),
    horizonHours,
    ...(weatherMode === 'perfect' && temperatureCelsius && { futureTemperatureCelsius: ahead }),
  }
}

/** What was measured in the hours that a forecast is for, NaN where nothing was. */
export const truthOf = (
  { series, truth }: CleanSeries,
  issuedAtMs: number,
  { horizonHours }: Protocol,
): Float64Array => {
  const at = Math.round((issuedAtMs - series.startMs) / MS_PER_HOUR)
  const full = new Float64Array(horizonHours).fill(NaN)
  full.set(truth.subarray(at, at + horizonHours))
  return full
}

/** All at once; where one series is refused, each by itself, and the reason for those that are. */
const issueEach = (
  fitted: FittedModel,
  inputs: readonly { input: ForecastInput; past: readonly PastIssue[] }[],
): (Float64Array | string)[] => {
  try {
    return issueForecasts(fitted, inputs).map(({ hours }) => hours)
  } catch (error) {
    if (!(error instanceof NadiError && error.code === 'insufficient-data')) throw error
    if (inputs.length <= 1) return [error.message]
    return inputs.flatMap((input) => issueEach(fitted, [input]))
  }
}

const noWindows = (windows: readonly BuildingWindows[]): NadiError => {
  const reasons = new Set(windows.flatMap(({ excluded }) => excluded.map(({ reason }) => reason)))
  return new NadiError(
    'insufficient-data',
    `No building has a day to forecast after its training part${reasons.size > 0 ? ` (${[...reasons].join('; ')})` : ''}. Give longer data, or a smaller --train-fraction or earlier --train-until.`,
  )
}
