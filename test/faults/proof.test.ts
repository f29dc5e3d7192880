import { describe, expect, it } from 'vitest'
import { influx } from './kinds/influx.ts'
import { kill } from './kinds/kill.ts'
import type { Plant } from './plants/plant.ts'

/**
 * A seed whose first kills all come while observations are acknowledged, so that each bug has its chance; of two kills
 * one in some runs hit nobody whom the bug concerns.
 */
const SEED = 123
const ROUNDS = 4
/** A seed whose first fault ends InfluxDB for most of a second. */
const INFLUX_SEED = 11

describe('the suite', () => {
  it.each<[Plant, RegExp]>([
    ['acknowledge-before-commit', /^lost: \d+ of client, acknowledged by PUBACK/],
    ['no-duplicate-control', /^visible twice: \d+/],
    ['release-before-puback', /^lost: \d+ of agent, acknowledged by its spool/],
  ])('fails when it is built with %s, and says what is wrong', { timeout: 600_000 }, async (plant, told) => {
    const [row] = await kill.run({ rounds: ROUNDS, seed: SEED, plant, progress: () => undefined })
    expect(row?.problems.map((problem) => problem.told)).toContainEqual(expect.stringMatching(told))
    expect(row?.problems[0]?.replay).toContain(`--seed ${SEED} --rounds ${ROUNDS} --plant ${plant}`)
  })

  it('fails when it acknowledges while InfluxDB is away, also if nothing is lost by it', async () => {
    const [row] = await influx.run({
      rounds: 1,
      seed: INFLUX_SEED,
      plant: 'acknowledge-before-commit',
      progress: () => undefined,
    })
    expect(row?.problems.map((problem) => problem.told)).toContainEqual(
      expect.stringMatching(/^acknowledged while nothing could be committed: \d+ of client/),
    )
  })
})
