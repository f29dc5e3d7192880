import { beforeAll, describe, expect, it } from 'vitest'
import { whyNoLoopDisk } from '../support/loopDisk.ts'
import { TEST_SCALE } from '../support/testScale.ts'
import { power } from './kinds/power.ts'

describe('when the power of core and agent fails', () => {
  let unable: string | undefined
  beforeAll(async () => {
    unable = await whyNoLoopDisk()
  })

  it('loses nothing and shows nothing twice', async (ctx) => {
    if (unable) ctx.skip(unable)
    const rounds = Math.ceil(4 * TEST_SCALE)
    const [row] = await power.run({ rounds, seed: 8, progress: () => undefined })
    expect(row?.problems).toEqual([])
    expect(row?.rounds).toBe(rounds)
    expect(row?.tally).toMatchObject({ lost: 0, twice: 0, invented: 0 })
    expect(row?.tally.stored).toBeGreaterThan(100)
  })

  it('fails when fsync does nothing, and says what is lost', async (ctx) => {
    if (unable) ctx.skip(unable)
    const [row] = await power.run({ rounds: 2, seed: 6, plant: 'no-fsync', progress: () => undefined })
    expect(row?.problems.map((problem) => problem.told)).toContainEqual(
      expect.stringMatching(/^lost: \d+ of/),
    )
    expect(row?.problems[0]?.replay).toContain('--only power --seed 6 --rounds 2 --plant no-fsync')
  })
})
