import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { presenceExamples } from '../../analytics/presence/examples.ts'
import { presenceScore } from '../../analytics/presence/score.ts'
import { trainPresence } from '../../analytics/presence/train.ts'
import { readPresenceModel } from '../../city/presenceModel.ts'
import { comparePresence } from '../../bench/presence.ts'
import { run } from '../../cli.ts'
import { createPresenceEstimator } from '../../edge/presence/estimator.ts'
import { sharedDataMissing, sharedFile } from '../import/fixture.ts'
import { roomReadings } from '../support/room.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const options = { withLight: false, timeZone: 'UTC' }

describe('the examples of a room', () => {
  it('are the moments with the truth, whatever the order of the readings', () => {
    const readings = roomReadings(300)
    const { examples, withoutFeatures } = presenceExamples(readings, options)
    expect(examples.length + withoutFeatures).toBe(300)
    expect(withoutFeatures).toBeGreaterThanOrEqual(20)
    expect(withoutFeatures).toBeLessThanOrEqual(30)
    expect(presenceExamples(readings.toReversed(), options)).toEqual({ examples, withoutFeatures })
  })

  it('see nothing of what comes later', () => {
    const readings = roomReadings(600)
    const changed = readings.map((reading, index) =>
      index < readings.length / 2 ? reading : { ...reading, value: reading.value * 3 },
    )
    const half = presenceExamples(readings, options).examples.slice(0, 250)
    expect(presenceExamples(changed, options).examples.slice(0, 250)).toEqual(half)
  })
})

describe('training for presence', () => {
  const { examples } = presenceExamples(roomReadings(4 * 1440), options)

  it('learns a room whose air follows people, and is the same for the same seed', async () => {
    const model = await trainPresence(examples, { withLight: false, source: 'a test' })
    expect(await trainPresence(examples, { withLight: false, source: 'a test' })).toEqual(model)
    expect(readPresenceModel(JSON.stringify(model), 'model')).toEqual(model)
    using estimator = await createPresenceEstimator(model)
    const other = presenceExamples(roomReadings(7 * 1440), options).examples
    const estimates = other.map(({ features }) => estimator.probability(features) >= model.threshold)
    expect(presenceScore(other, estimates).accuracy).toBeGreaterThan(0.95)
  })

  it('says what is missing when nobody is ever there', async () => {
    const empty = examples.map((example) => ({ ...example, isPresent: false }))
    await expect(trainPresence(empty, { withLight: false, source: 'a test' })).rejects.toMatchObject({
      code: 'insufficient-data',
    })
  })
})

const missing = sharedDataMissing()
describe.skipIf(missing)(`UCI Occupancy Detection${missing ? ' (skipped: not there)' : ''}`, () => {
  it('is told from the air alone better than by discriminant analysis, on both test files', async () => {
    const rows = await comparePresence({ seeds: [1], lights: [false] })
    const peers = rows.filter(({ name }) => name.startsWith('discriminant'))
    const [ours] = rows.filter(({ name }) => name.startsWith('Nadi'))
    expect(peers).toHaveLength(2)
    for (const { accuracies } of peers) {
      accuracies.forEach((accuracy, index) => expect(ours?.accuracies[index]).toBeGreaterThan(accuracy))
    }
  })

  it('makes a model by the command, with a figure of what was held back', async () => {
    await using folder = await temporaryFolder()
    const out = path.join(folder.path, 'presence.json')
    const mapping = path.resolve(import.meta.dirname, '../../examples/import/uci-occupancy.yaml')
    const data = sharedFile('uci-occupancy/datatraining.txt')
    const line = ['train', '--property', 'presence', '--data', data, '--mapping', mapping, '--out', out]
    // The mapping names the zone of the room.
    expect(await run(line)).toBe(0)
    expect(await run([...line, '--seed', 'x'])).toBe(2)
    expect(await run([...line, '--timezone', 'Mars/Olympus'])).toBe(2)
    const model = readPresenceModel(await readFile(out, 'utf8'), out)
    expect(model.training).toMatchObject({ source: 'datatraining.txt', examples: 8113 })
  })
})
