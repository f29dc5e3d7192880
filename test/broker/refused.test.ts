import { expect, it } from 'vitest'
import { pointsRefused } from '../../store/pointsRefused.ts'
import type { ObservationStore } from '../../store/observations.ts'
import { brokerUnderTest } from './support.ts'

/** A store that will never keep values above 100, as InfluxDB will not keep what is older than its retention. */
const refusingAbove100 = (store: ObservationStore): ObservationStore => ({
  ...store,
  async append(points) {
    await store.append(points.filter(({ value }) => value <= 100))
    const reasons = points.map(({ value }) => (value > 100 ? 'points beyond retention policy' : undefined))
    if (reasons.some((reason) => reason !== undefined)) throw pointsRefused(reasons)
  },
})

it('what the store refuses for good is quarantined with the reason and acknowledged, and the rest stored and told', async () => {
  await using city = await brokerUnderTest({ wrap: refusingAbove100 })
  const told: number[] = []
  city.intake.onCommit((readings) => told.push(...readings.map(({ value }) => value)))
  const client = await city.client('meter-1', city.device('meter-1'))
  const pack = [
    { bn: 'library/', bt: 1_760_000_000, n: 'floor-1/energy', v: 50 },
    { n: 'floor-2/energy', v: 500 },
    { n: 'floor-3/nonsense', vs: 'text' },
    { n: 'floor-4/energy', v: 60 },
  ]
  // Resolves with the PUBACK.
  await client.publishAsync('nadi/v1/meter-1/observations', JSON.stringify(pack), { qos: 1 })
  expect(await city.samples('library/floor-1/energy')).toHaveLength(1)
  expect(await city.samples('library/floor-2/energy')).toEqual([])
  expect(await city.samples('library/floor-4/energy')).toHaveLength(1)
  expect(told).toEqual([50, 60])
  expect(
    city.catalogue.devices.notes.of('meter-1').pack?.readings.map(({ datastream }) => datastream),
  ).toEqual(['library/floor-1/energy', 'library/floor-4/energy'])
  const packs = city.catalogue.quarantine.list({ limit: 10 })
  const refused = packs.find(({ reason }) => reason.includes('beyond retention policy'))
  expect(packs).toHaveLength(2)
  expect(
    JSON.parse(Buffer.from(city.catalogue.quarantine.find(refused?.id ?? 0)?.payload ?? []).toString()),
  ).toEqual([{ bn: 'library/', bt: 1_760_000_000, n: 'floor-2/energy', v: 500 }])
  expect(await city.broker.retryQuarantined(refused?.id ?? 0)).toMatchObject({
    outcome: 'quarantined',
    reason: expect.stringContaining('beyond retention policy'),
  })
})
