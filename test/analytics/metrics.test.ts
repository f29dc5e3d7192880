import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createScore, medianMetrics, pinballOf } from '../../analytics/metrics.ts'

const nine = (...values: number[]): Float64Array => Float64Array.from(values)

describe('the metrics of a forecast', () => {
  it('are those worked out by hand', () => {
    const score = createScore()
    const spread = [8, 9, 9.5, 9.8, 10, 10.2, 10.5, 11, 12]
    // Truths 10, 14, 6 against a point of 10: errors 0, 4, -4. One hour was not measured.
    score.add(nine(...spread, ...spread, ...spread, ...spread), nine(10, 14, 6, NaN))
    const metrics = score.metrics()
    expect(metrics.nrmse).toBeCloseTo((100 * Math.sqrt(32 / 3)) / 10, 10)
    expect(metrics.mae).toBeCloseTo(8 / 3, 10)
    expect(metrics.wmape).toBeCloseTo((100 * 8) / 30, 10)
    expect(metrics).toMatchObject({ coverage50: 1 / 3, coverage80: 1 / 3, coverage90: 1 / 3, windows: 1 })
  })

  it('take the 50 % interval between the quantiles beside it, and draw the outer ones on for 90 %', () => {
    const inside = (truth: number) => {
      const score = createScore()
      score.add(nine(10, 20, 30, 40, 50, 60, 70, 80, 90), nine(truth))
      const { coverage50, coverage80, coverage90 } = score.metrics()
      return [coverage50, coverage80, coverage90]
    }
    expect(inside(25)).toEqual([1, 1, 1])
    expect(inside(24.9)).toEqual([0, 1, 1])
    expect(inside(9)).toEqual([0, 0, 1])
    expect(inside(95)).toEqual([0, 0, 1])
    expect(inside(95.1)).toEqual([0, 0, 0])
  })

  it('count the pinball loss by level (Koenker and Bassett 1978)', () => {
    // All quantiles at 0, truth 1: each level costs itself, mean 0.5; truth -1: 1 minus each level, mean 0.5.
    expect(pinballOf(new Float64Array(9), 1)).toBeCloseTo(0.5, 12)
    expect(pinballOf(new Float64Array(9), -1)).toBeCloseTo(0.5, 12)
    expect(pinballOf(nine(0, 0, 0, 0, 0, 0, 0, 0, 1), 2)).toBeCloseTo((3.6 * 2 + 0.9) / 9, 12)
  })

  it('say nothing of a building without truth, or whose mean is zero', () => {
    const score = createScore()
    expect(score.metrics()).toMatchObject({ nrmse: null, mae: null, coverage80: null, windows: 0 })
    score.add(new Float64Array(9), nine(0))
    expect(score.metrics()).toMatchObject({ nrmse: null, wmape: null, mae: 0, windows: 1 })
  })

  it('are the same in whatever order windows come', () => {
    const window = fc.tuple(
      fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 9, maxLength: 9 }),
      fc.double({ min: 0, max: 100, noNaN: true }),
    )
    fc.assert(
      fc.property(fc.array(window, { minLength: 1, maxLength: 8 }), (windows) => {
        const [one, other] = [createScore(), createScore()]
        for (const [spread, truth] of windows) one.add(nine(...spread.toSorted((a, b) => a - b)), nine(truth))
        for (const [spread, truth] of windows.toReversed()) {
          other.add(nine(...spread.toSorted((a, b) => a - b)), nine(truth))
        }
        expect(one.metrics().coverage80).toBe(other.metrics().coverage80)
        expect(one.metrics().mae).toBeCloseTo(other.metrics().mae ?? NaN, 9)
      }),
    )
  })

  it('have a median over buildings that leaves out those without a figure', () => {
    const scores = [1, 2, 4, 0].map((truth) => {
      const score = createScore()
      score.add(new Float64Array(9), nine(truth))
      return score.metrics()
    })
    expect(medianMetrics(scores)).toMatchObject({ mae: 1.5, nrmse: 100, windows: 1 })
  })
})
