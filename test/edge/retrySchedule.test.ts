import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { retrySchedule } from '../../edge/retrySchedule.ts'

const firstWaits = (count: number, random: () => number): number[] =>
  retrySchedule({ firstMs: 500, longestMs: 8_000, random }).take(count).toArray()

describe('the retry schedule', () => {
  it('doubles up to its longest wait and stays there', () => {
    expect(firstWaits(7, () => 1)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000])
  })

  it('leaves each wait wholly to chance, up to its bound', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 7 }),
        (chances) => {
          let index = 0
          const waits = firstWaits(7, () => chances[index++ % chances.length] ?? 0)
          const longest = firstWaits(7, () => 1)
          waits.forEach((wait, position) => {
            expect(wait).toBeCloseTo((chances[position % chances.length] ?? 0) * (longest[position] ?? 0))
          })
        },
      ),
    )
  })
})
