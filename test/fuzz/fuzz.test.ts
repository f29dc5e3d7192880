import { describe, expect, it } from 'vitest'
import { TEST_SCALE } from '../support/testScale.ts'
import { fuzz } from './fuzz.ts'
import { fuzzCase } from './mutate.ts'

describe('The fuzzer', () => {
  it('finds nothing in the broker: it lives, its memory stays, and the well-behaved are served', async () => {
    const report = await fuzz({ packets: 4000 * TEST_SCALE, seed: 20_261_124 })
    expect(report.findings).toEqual([])
    expect(report.endings['by the broker']).toBeGreaterThan(0)
    expect(report.endings['by us']).toBeGreaterThan(0)
    const { sent = 0, accepted = 0, rejected = 0, unread = -1 } = report.judged ?? {}
    expect(sent).toBeGreaterThan(report.packets)
    expect(Math.min(accepted, rejected, unread)).toBeGreaterThan(0)
    expect(report.wellBehaved.acknowledged).toBeGreaterThan(0)
    expect(report.coverage?.functions.ran).toBeGreaterThan(0)
  })

  it('finds a planted cap that is not there', async () => {
    const { findings } = await fuzz({ packets: 3000, seed: 1, plant: 'no-cap' })
    expect(findings.join()).toMatch(/over the cap was taken in/)
  })

  it('finds a planted look-up that throws on a certain byte', async () => {
    const { findings } = await fuzz({ packets: 20_000, seed: 1, plant: 'throws' })
    expect(findings.join()).toMatch(/the broker ended: .*planted/s)
  })

  it('sends the same for the same seed', () => {
    expect(fuzzCase(7, undefined)).toEqual(fuzzCase(7, undefined))
    expect(fuzzCase(7, undefined)).not.toEqual(fuzzCase(8, undefined))
  })
})
