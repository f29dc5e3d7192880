import { expect, it } from 'vitest'
import { TEST_SCALE } from '../../support/testScale.ts'
import { fuzzApi } from './apiFuzz.ts'

it('The API answers whatever is asked of any operation without a fault', async () => {
  const { findings, uncovered, statuses } = await fuzzApi({ requests: 1000 * TEST_SCALE, seed: 20_261_124 })
  expect(findings).toEqual([])
  expect(uncovered).toEqual([])
  expect(statuses[200]).toBeGreaterThan(0)
  expect(statuses[400]).toBeGreaterThan(0)
})
