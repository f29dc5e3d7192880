import type { ForecastProperty } from '../../store/forecasts.ts'

/** A model as the registry knows it: where it comes from, what it may do, and why. */
export interface ModelEntry {
  /** Twelve hexadecimal digits of the checksum of its file, property and building. */
  id: string
  property: ForecastProperty
  /** The one building that it is for; null = all of them. */
  building: string | null
  /** Name and version of the kind of model that reads its file. */
  name: string
  version: string
  state: ModelState
  /** Why it is in this state, in words and figures. */
  reason: string
  stateSinceMs: number
  /** What it learned from. */
  data: TrainingData
  /** The version of Nadi that trained it. */
  codeVersion: string
  trainedAtMs: number
  trainingSeconds: number
  /** On days that were held back from its training; null where none were. */
  metrics: ModelMetrics | null
  bytes: number
  sha256: string
}

/**
 * `champion`: its forecasts are served; one for each property and scope. `challenger`: forecasts beside it and is
 * scored; one likewise. `retired`: was a champion, or gave way to a newer challenger. `refused`: was not better, was
 * rolled back, or cannot be read.
 */
export type ModelState = 'champion' | 'challenger' | 'retired' | 'refused'

export interface TrainingData {
  /** Equal for equal series; see `fingerprintOf`. */
  fingerprint: string
  series: number
  /** Measured hours in all series. */
  hours: number
  fromMs: number
  toMs: number
}

export interface ModelMetrics {
  /** Root mean square error of the medians in per cent of the mean: the median over buildings. */
  nrmse: number
  /** Mean pinball loss of the nine quantiles in per cent of the mean: the mean over buildings. */
  pinball: number
  /** Share of hours inside the interval from the 0.1 to the 0.9 quantile. */
  coverage80: number
  buildings: number
  days: number
}

/** What a model forecasts, and for whom: there is one champion for each. */
export type Slot = Pick<ModelEntry, 'property' | 'building'>

/** As it stands with an issued forecast: the kind's version and which file. */
export const issuedVersion = ({ version, id }: Pick<ModelEntry, 'version' | 'id'>): string =>
  `${version}+${id}`
