import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ScoredIssue,
  UNCALIBRATED,
  applyOffsets,
  conformalOffsets,
  followOffsets,
} from '../../analytics/calibration.ts'
import { createRandom, normalFrom } from '../../analytics/training/random.ts'

/** Standard normal quantiles of 0.1 to 0.9 (tables). */
const NORMAL = [-1.2816, -0.8416, -0.5244, -0.2533, 0, 0.2533, 0.5244, 0.8416, 1.2816]
const MS_PER_DAY = 86_400_000

const share = (inside: readonly boolean[]): number => inside.filter(Boolean).length / inside.length

describe('conformal offsets', () => {
  it('make quantiles hold that were half as wide as they should be', () => {
    const random = createRandom(1)
    const truths = Float64Array.from({ length: 4_000 }, () => 10 + normalFrom(random))
    const narrow = Float64Array.from({ length: 9 * truths.length }, (_, i) => 10 + 0.5 * (NORMAL[i % 9] ?? 0))
    const regimes = Uint8Array.from(truths, (_, i) => i % 2)
    const offsets = conformalOffsets(narrow, truths, regimes)
    const moved = applyOffsets(narrow, regimes, offsets)
    const covered = share([...truths].map((y, i) => y >= (moved[i * 9] ?? 0) && y <= (moved[i * 9 + 8] ?? 0)))
    expect(covered).toBeGreaterThan(0.78)
    expect(covered).toBeLessThan(0.82)
  })

  it('leave a regime alone of which too little is known', () => {
    expect(conformalOffsets(new Float64Array(18), new Float64Array(2), new Uint8Array(2))).toEqual(
      UNCALIBRATED,
    )
  })
})

describe('offsets that follow the truth', () => {
  /** Issues whose quantiles are moved by what came before, of a truth more than half as wild again as the model thinks. */
  const lived = (days: number): { issues: ScoredIssue[]; inside: boolean[] } => {
    const random = createRandom(2)
    const issues: ScoredIssue[] = []
    const inside: boolean[] = []
    const regimes = new Uint8Array(24).fill(1)
    for (let day = 0; day < days; day += 1) {
      const raw = Float64Array.from({ length: 24 * 9 }, (_, i) => 20 + (NORMAL[i % 9] ?? 0))
      const quantiles = applyOffsets(raw, regimes, followOffsets(UNCALIBRATED, issues))
      const truths = Float64Array.from({ length: 24 }, () => 20 + 1.6 * normalFrom(random))
      issues.push({ issuedAtMs: day * MS_PER_DAY, quantiles, truths, regimes })
      for (const [hour, y] of truths.entries())
        inside.push(y >= (quantiles[hour * 9] ?? 0) && y <= (quantiles[hour * 9 + 8] ?? 0))
    }
    return { issues, inside }
  }

  it('widen until four of five hours fall inside', () => {
    const { inside } = lived(120)
    expect(share(inside.slice(0, 24 * 5))).toBeLessThan(0.73)
    const later = share(inside.slice(24 * 60))
    expect(later).toBeGreaterThan(0.77)
    expect(later).toBeLessThan(0.83)
  })

  it('do not move for hours that are not known', () => {
    const { issues } = lived(10)
    const unknown = { ...issues[9]!, issuedAtMs: 10 * MS_PER_DAY, truths: new Float64Array(24).fill(NaN) }
    expect(followOffsets(UNCALIBRATED, [...issues, unknown])).toEqual(followOffsets(UNCALIBRATED, issues))
  })

  it('move no faster when issues overlap', () => {
    const [issue] = lived(1).issues
    const truths = new Float64Array(24).fill(1_000)
    const every = (hours: number): number => {
      const issues = Array.from({ length: 240 / hours }, (_, i) => ({
        ...issue!,
        truths,
        issuedAtMs: (i * hours * MS_PER_DAY) / 24,
      }))
      return followOffsets(UNCALIBRATED, issues)[1]![8]!
    }
    expect(every(1)).toBeGreaterThan(0.5 * every(24))
    expect(every(1)).toBeLessThan(1.5 * every(24))
  })

  it('never let quantiles cross or fall below zero', () => {
    const number = fc.double({ min: -3, max: 3, noNaN: true })
    fc.assert(
      fc.property(
        fc.array(number, { minLength: 18, maxLength: 18 }),
        fc.array(number, { minLength: 9, maxLength: 9 }),
        (offsets, raw) => {
          const moved = applyOffsets(Float64Array.from(raw).sort(), new Uint8Array(1), [
            offsets.slice(0, 9),
            offsets.slice(9),
          ])
          for (let i = 0; i < 9; i += 1) {
            expect(moved[i]).toBeGreaterThanOrEqual(0)
            if (i > 0) expect(moved[i]).toBeGreaterThanOrEqual(moved[i - 1] ?? Infinity)
          }
        },
      ),
    )
  })
})
