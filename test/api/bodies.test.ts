import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { depthOf, MAX_BODY_BYTES } from '../../api/bodies.ts'

/** How deeply a value nests, counted from the value instead of its text. */
const nesting = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? 1 + Object.values(value).reduce((deepest: number, inner) => Math.max(deepest, nesting(inner)), 0)
    : 0

describe('how deeply a JSON text nests', () => {
  it('is what its value says, whatever its strings hold', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }), (value) => {
        expect(depthOf(JSON.stringify(value))).toBe(nesting(value))
      }),
    )
    expect(depthOf(JSON.stringify(['[[{', '\\', '"[', '\\"{']))).toBe(1)
  })

  it('is found at once in a full body that is made to be slow to read', { timeout: 10_000 }, () => {
    const unended = `"${String.raw`\"`.repeat(MAX_BODY_BYTES / 2 - 1)}`
    // What is quadratic in the body's length does not end within this test's time.
    for (let i = 0; i < 10; i += 1) expect(depthOf(unended)).toBe(0)
    expect(depthOf('['.repeat(MAX_BODY_BYTES))).toBe(MAX_BODY_BYTES)
  })
})
