import { expect, it } from 'vitest'
import { TEST_SCALE } from '../support/testScale.ts'
import { storm } from './kinds/storm.ts'

it(
  'brings every client back after a storm of restarts, with nothing lost',
  { timeout: 600_000 },
  async () => {
    const rounds = Math.ceil(2 * TEST_SCALE)
    const [row] = await storm.run({ rounds, seed: 2, progress: () => undefined })
    expect(row?.problems).toEqual([])
    expect(row?.rounds).toBe(rounds)
    expect(row?.tally).toMatchObject({ lost: 0, twice: 0, invented: 0 })
    expect(row?.tally.stored).toBeGreaterThan(0)
  },
)
