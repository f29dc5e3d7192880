import { describe, expect, it } from 'vitest'
import { nadi } from '../../analytics/models/nadi.ts'
import { pretrainedModel } from '../../analytics/pretrained/pretrained.ts'
import { until } from '../../analytics/series.ts'
import { madeUpOffice, msOfHour } from './madeUp.ts'

const PROPERTIES = ['energy', 'occupancy'] as const

describe('the models that ship', () => {
  it('are less than 2 MB together', () => {
    const bytes = PROPERTIES.reduce((sum, property) => sum + pretrainedModel(property).length, 0)
    expect(bytes).toBeLessThan(2e6)
  })

  it.each(PROPERTIES)(
    'forecast %s of a building from its first two weeks, by day and by night',
    async (property) => {
      const fitted = await nadi.load(pretrainedModel(property))
      const office = { ...madeUpOffice({ days: 20, seed: 4 }), property }
      for (const day of [14, 15, 16]) {
        const [quantiles] = fitted.predict([
          { history: until(office, msOfHour(office, day * 24)), horizonHours: 24 },
        ])
        // 5 kWh at night and 15 by day.
        expect(quantiles![3 * 9 + 4]).toBeLessThan(8)
        expect(quantiles![12 * 9 + 4]).toBeGreaterThan(12)
        expect(quantiles![12 * 9 + 4]).toBeLessThan(18)
      }
    },
  )

  it('carry nothing that belongs to one of the buildings that they learned from', () => {
    for (const property of PROPERTIES) {
      const head = Buffer.from(pretrainedModel(property).subarray(0, 2_000)).toString('latin1')
      expect(head).toContain('"heads":[]')
    }
  })
})
