import { expect, it } from 'vitest'
import { TEST_SCALE } from '../support/testScale.ts'
import { kill } from './kinds/kill.ts'

it(
  'loses nothing and shows nothing twice when core, agent and client are killed at any time',
  { timeout: 600_000 },
  async () => {
    const rounds = Math.ceil(6 * TEST_SCALE)
    const [row] = await kill.run({ rounds, seed: 4, progress: () => undefined })
    expect(row?.problems).toEqual([])
    expect(row?.rounds).toBe(rounds)
    expect(row?.tally).toMatchObject({ lost: 0, twice: 0, invented: 0 })
    expect(row?.tally.stored).toBeGreaterThan(100)
    expect(row?.tally.quarantined).toBeGreaterThan(0)
  },
)

it(
  'loses nothing and shows nothing twice when InfluxDB is the store, and killed as well',
  { timeout: 600_000 },
  async () => {
    const rounds = Math.ceil(2 * TEST_SCALE)
    const [row] = await kill.run({ rounds, seed: 3, store: 'influx', progress: () => undefined })
    expect(row?.problems).toEqual([])
    expect(row?.rounds).toBe(rounds)
    expect(row?.tally).toMatchObject({ lost: 0, twice: 0, invented: 0 })
    expect(row?.tally.stored).toBeGreaterThan(100)
  },
)
