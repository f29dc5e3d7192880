import { describe, expect, it } from 'vitest'
import { TEST_SCALE } from '../support/testScale.ts'
import { PLANTS } from './plants.ts'
import { liveSeeds } from './seeds.ts'
import { simulate } from './simulate.ts'

/** `npm run test:simulation` lives 10,000 worlds; here are a few, others each time that the scale changes. */
const WORLDS = Math.ceil(300 * TEST_SCALE)
const WORLDS_TO_FIND_A_BUG = 40

describe('the simulated city', () => {
  it('keeps every promise in every world', async () => {
    const tally = await liveSeeds({ first: 1, step: 1, end: 1 + WORLDS })
    expect(tally.broken).toEqual([])
    // A world in which nothing goes wrong would prove nothing.
    expect(tally.acknowledged).toBeGreaterThan(WORLDS * 100)
    expect(tally.dropped).toBeGreaterThan(WORLDS)
  })

  it('tells the same story of the same seed, and another one of another', async () => {
    for (const seed of [3, 1_000_003]) {
      const first = await simulate(seed, { tells: true })
      expect(await simulate(seed, { tells: true })).toEqual(first)
      expect(first.story.length).toBeGreaterThan(50)
      expect((await simulate(seed + 1, { tells: true })).story).not.toEqual(first.story)
    }
  })

  it.each(PLANTS)('finds the planted bug "%s"', async (plant) => {
    const { broken } = await liveSeeds({
      first: 1,
      step: 1,
      end: 1 + WORLDS_TO_FIND_A_BUG,
      plant,
      untilBroken: true,
    })
    const [found] = broken
    expect(found).toBeDefined()
    if (!found) return
    // The seed tells it again.
    expect((await simulate(found.seed, { plant, tells: true })).broken).toEqual(found.promises)
  })
})
