import { describe, expect, it } from 'vitest'
import { createTokenBucket } from '../../city/tokenBucket.ts'

describe('A rate', () => {
  it('lets its burst pass, then tells how long to wait, and refills with time', () => {
    let nowMs = 1000
    const bucket = createTokenBucket({ perSecond: 100, burst: 50 }, () => nowMs)
    expect(bucket.take(50)).toBe(0)
    expect(bucket.take(10)).toBe(100)
    expect(bucket.take(10)).toBe(200)
    nowMs += 200
    expect(bucket.take(0)).toBe(0)
    nowMs += 3_600_000
    expect(bucket.take(50)).toBe(0)
    expect(bucket.take(1)).toBe(10)
  })

  it('is not emptied by a clock that is set back', () => {
    let nowMs = 1_000_000
    const bucket = createTokenBucket({ perSecond: 100, burst: 50 }, () => nowMs)
    nowMs = 0
    expect(bucket.take(50)).toBe(0)
    nowMs += 100
    expect(bucket.take(10)).toBe(0)
  })
})
