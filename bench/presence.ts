import path from 'node:path'
import { type PresenceExample, presenceExamples } from '../analytics/presence/examples.ts'
import { presenceScore } from '../analytics/presence/score.ts'
import { trainPresence } from '../analytics/presence/train.ts'
import { propertyOf } from '../city/names.ts'
import type { Reading } from '../city/observation.ts'
import { createPresenceEstimator } from '../edge/presence/estimator.ts'
import { openReplayFile } from '../edge/replay/replayFile.ts'
import { printTable } from '../cli/output.ts'
import { fitLinearDiscriminant } from './presence/linearDiscriminant.ts'

/**
 * Whether somebody is in a room, from its air: Nadi's model beside linear discriminant analysis, on the two test files
 * of UCI Occupancy Detection (Candanedo and Feldheim 2016), with light and without. Discriminant analysis gets the
 * sensors' values with hour and weekend, and, apart, the very features that the model gets. All are compared on the same
 * moments: those of which the model gives an estimate (the first half hour of a file has none).
 *
 * `npm run bench -- presence`
 */
const root = path.resolve(import.meta.dirname, '..')
const data = path.resolve(root, '../shared/data/uci-occupancy')
const TIME_ZONE = 'Europe/Brussels'
const SEEDS = [1, 2, 3, 4, 5]
const TESTS = ['datatest.txt', 'datatest2.txt']

export const run = async (): Promise<void> => {
  const rows = await comparePresence({ seeds: SEEDS, lights: [false, true] })
  printTable(
    ['right, %', 'inputs', ...TESTS],
    rows.map(({ name, inputs, accuracies }) => [
      name,
      inputs,
      ...accuracies.map((share) => (100 * share).toFixed(1)),
    ]),
  )
}

export interface PresenceRow {
  name: string
  inputs: string
  /** For each of the test files, 0 to 1. */
  accuracies: number[]
}

/** Trains and scores all of them: ours once for each seed. */
export const comparePresence = async (options: {
  seeds: readonly number[]
  lights: readonly boolean[]
}): Promise<PresenceRow[]> => {
  const learned = await readFile('datatraining.txt')
  const tests = await Promise.all(TESTS.map(readFile))
  const rows: PresenceRow[] = [
    { name: 'light above 250 lx', inputs: 'light', accuracies: tests.map(lightRule) },
    {
      name: 'nobody, ever',
      inputs: '-',
      accuracies: tests.map((readings) => accuracyOf(examplesOf(readings, false), () => false)),
    },
  ]
  for (const withLight of options.lights) {
    const inputs = withLight ? 'with light' : 'without light'
    const train = examplesOf(learned, withLight)
    const test = tests.map((readings) => examplesOf(readings, withLight))
    const add = (name: string, isPresent: (example: PresenceExample) => boolean): void => {
      rows.push({ name, inputs, accuracies: test.map((set) => accuracyOf(set, isPresent)) })
    }
    const raw = rawInputs([learned, ...tests].flat(), withLight)
    const peers = [
      ['discriminant, sensors and time', raw],
      ['discriminant, the features of Nadi', ({ features }: PresenceExample) => [...features]],
    ] as const
    for (const [name, vectorOf] of peers) {
      const isPresent = fitLinearDiscriminant(
        train.map(vectorOf),
        train.map((example) => example.isPresent),
      )
      add(name, (example) => isPresent(vectorOf(example)))
    }
    for (const seed of options.seeds) {
      const model = await trainPresence(train, { withLight, source: 'datatraining.txt', seed })
      using estimator = await createPresenceEstimator(model)
      add(`Nadi, seed ${seed}`, ({ features }) => estimator.probability(features) >= model.threshold)
    }
  }
  return rows
}

const readFile = async (name: string): Promise<Reading[]> => {
  const file = await openReplayFile({
    file: path.join(data, name),
    mapping: path.join(root, 'examples/import/uci-occupancy.yaml'),
    building: undefined,
    timeZone: TIME_ZONE,
    nowMs: Date.now(),
    fromMs: -Infinity,
    toMs: Infinity,
  })
  const readings: Reading[] = []
  for await (const row of file.rows()) readings.push(...row)
  return readings
}

const examplesOf = (readings: readonly Reading[], withLight: boolean): PresenceExample[] =>
  presenceExamples(readings, { withLight, timeZone: TIME_ZONE }).examples

/** What the sensors say at a moment, and the time of day as the model has it (the last five of its features, or those before light). */
const rawInputs = (readings: readonly Reading[], withLight: boolean) => {
  const values = new Map(
    readings.map(({ datastream, timeMs, value }) => [`${propertyOf(datastream)} ${timeMs}`, value]),
  )
  const properties = ['co2', 'temperature', 'humidity', ...(withLight ? ['illuminance'] : [])]
  return ({ timeMs, features }: PresenceExample): number[] => {
    const time = withLight ? features.slice(-7, -2) : features.slice(-5)
    return [...properties.map((property) => values.get(`${property} ${timeMs}`) ?? NaN), ...time]
  }
}

const lightRule = (readings: readonly Reading[]): number => {
  const raw = rawInputs(readings, true)
  return accuracyOf(examplesOf(readings, true), (example) => (raw(example)[3] ?? 0) > 250)
}

const accuracyOf = (
  examples: readonly PresenceExample[],
  isPresent: (example: PresenceExample) => boolean,
): number => presenceScore(examples, examples.map(isPresent)).accuracy
