import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { NadiError } from '../city/errors.ts'
import { isTimeZone } from '../city/mapping/wallClock.ts'
import type { Reading } from '../city/observation.ts'
import { openReplayFile } from '../edge/replay/replayFile.ts'
import {
  type PresenceExample,
  type PresenceExamples,
  presenceExamples,
} from '../analytics/presence/examples.ts'
import { type PresenceScore, presenceScore } from '../analytics/presence/score.ts'
import { trainPresence } from '../analytics/presence/train.ts'
import { createPresenceEstimator } from '../edge/presence/estimator.ts'
import type { PresenceModel } from '../city/presenceModel.ts'
import { printJson, say } from './output.ts'
import { createProgress } from './progress.ts'

/** `nadi train --property presence`: a model for the edge from a file of a room's readings with the truth in it. */
export interface TrainPresenceOptions {
  data: string
  mapping: string
  /** Files with the truth that are not learned from, read by the same mapping. */
  test: readonly string[]
  timeZone: string
  withLight: boolean
  seed: number
  out: string
  json: boolean
}

/** The last part of each room's time that is held back for the figure, before all of it is learned. */
const HELD_BACK = 0.2

export const trainPresenceModel = async (options: TrainPresenceOptions): Promise<void> => {
  const { data, withLight, seed, out } = options
  if (!isTimeZone(options.timeZone)) throw wrong('--timezone', 'an IANA time zone like "Europe/London"')
  if (!Number.isInteger(seed)) throw wrong('--seed', 'a whole number')
  const source = path.basename(data)
  const progress = await createProgress()
  progress.update(`Reading ${source}`)
  const { examples, withoutFeatures } = await readExamples(data, options)
  const training = { withLight, source, seed }
  const { earlier, later } = heldBack(examples)
  progress.update('Training on the earlier part')
  const heldBackScore = await scoreOf(await trainPresence(earlier, training), later)
  const model = await trainPresence(examples, {
    ...training,
    onEpoch: (done, total) => progress.update(`Training, epoch ${done} of ${total}`),
  })
  const tests: ({ file: string; withoutFeatures: number } & PresenceScore)[] = []
  for (const file of options.test) {
    const found = await readExamples(file, options)
    tests.push({
      file: path.basename(file),
      withoutFeatures: found.withoutFeatures,
      ...(await scoreOf(model, found.examples)),
    })
  }
  await writeModel(out, model)
  progress.done(`Learned from ${examples.length} moments; the model is in ${out}.`)
  if (options.json) {
    printJson({ model: out, examples: examples.length, withoutFeatures, heldBack: heldBackScore, tests })
    return
  }
  if (withoutFeatures > 0) say(`${withoutFeatures} moments have no estimate: an input was missing or stale.`)
  say(`Held back, the last fifth: ${sentence(heldBackScore)}`)
  for (const { file, ...score } of tests) say(`${file}: ${sentence(score)}`)
  say('Name it in building.yaml (presence.model) to run it at the edge.')
}

const wrong = (pointer: string, detail: string): NadiError =>
  new NadiError('invalid-input', 'An option is wrong.', { problems: [{ pointer, detail }] })

/** A file's examples; the hour of the day is local to each room, by the mapping's zone where it names one. */
const readExamples = async (
  file: string,
  { mapping, timeZone, withLight }: TrainPresenceOptions,
): Promise<PresenceExamples> => {
  const opened = await openReplayFile({
    file,
    mapping,
    timeZone,
    building: undefined,
    nowMs: Date.now(),
    fromMs: -Infinity,
    toMs: Infinity,
  })
  const byZone = new Map<string, Reading[]>()
  for await (const row of opened.rows()) {
    for (const { series, datastream, timeMs, value } of row) {
      const readings = byZone.get(series.timeZone)
      if (readings) readings.push({ datastream, timeMs, value })
      else byZone.set(series.timeZone, [{ datastream, timeMs, value }])
    }
  }
  const parts = [...byZone].map(([zone, readings]) =>
    presenceExamples(readings, { withLight, timeZone: zone }),
  )
  return {
    examples: parts.flatMap(({ examples }) => examples),
    withoutFeatures: parts.reduce((sum, part) => sum + part.withoutFeatures, 0),
  }
}

/** By time and not at random: the minute beside an example would give it away. */
const heldBack = (
  examples: readonly PresenceExample[],
): { earlier: PresenceExample[]; later: PresenceExample[] } => {
  const times = examples.map(({ timeMs }) => timeMs).toSorted((a, b) => a - b)
  const cutMs = times[Math.floor(times.length * (1 - HELD_BACK))] ?? 0
  return {
    earlier: examples.filter(({ timeMs }) => timeMs < cutMs),
    later: examples.filter(({ timeMs }) => timeMs >= cutMs),
  }
}

const scoreOf = async (
  model: PresenceModel,
  examples: readonly PresenceExample[],
): Promise<PresenceScore> => {
  using estimator = await createPresenceEstimator(model)
  return presenceScore(
    examples,
    examples.map(({ features }) => estimator.probability(features) >= model.threshold),
  )
}

const writeModel = async (file: string, model: PresenceModel): Promise<void> => {
  try {
    await writeFile(file, `${JSON.stringify(model)}\n`)
  } catch (cause) {
    throw new NadiError('invalid-input', `${file} cannot be written. Name another file with --out.`, {
      cause,
    })
  }
}

const percent = (share: number): string => (Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : 'none')

const sentence = ({ accuracy, sensitivity, specificity, examples }: PresenceScore): string =>
  `right in ${percent(accuracy)} of ${examples} moments (somebody there: ${percent(sensitivity)}, nobody: ${percent(specificity)})`
