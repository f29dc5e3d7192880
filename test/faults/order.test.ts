import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Kind, Point } from '../../city/observation.ts'
import type { BucketQuery } from '../../store/observations.ts'
import { brokerUnderTest } from '../broker/support.ts'
import { createOracle } from '../contracts/observationOracle.ts'
import { TEST_SCALE } from '../support/testScale.ts'

/** What a device sends is not in order, comes again, and comes days late: the store must not show it. */
const STREAMS: readonly { name: string; kind: Kind }[] = [
  { name: 'temperature', kind: 'instant' },
  { name: 'floor-1/temperature', kind: 'instant' },
  { name: 'energy', kind: 'counter' },
]
const START_MS = Date.parse('2026-03-28T00:00:00Z')
const QUARTER_MS = 15 * 60_000
const END_MS = START_MS + 4 * 96 * QUARTER_MS

interface Record {
  stream: number
  timeMs: number
  value: number
}

const record = fc.record({
  stream: fc.nat(STREAMS.length - 1),
  timeMs: fc.nat(4 * 96 - 1).map((quarter) => START_MS + quarter * QUARTER_MS),
  value: fc.nat(40),
})
const pack = fc.array(record, { minLength: 1, maxLength: 20 })
/** Packs in the order of their first sending; each may come again later, as often as `again` says. */
const sendings = fc
  .tuple(
    fc.array(pack, { minLength: 1, maxLength: 12 }),
    fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 8 }),
  )
  .map(([packs, again]) => {
    const sent = [...packs]
    for (const [which, where] of again) {
      const from = which % sent.length
      sent.splice(from + 1 + (where % (sent.length - from)), 0, sent[from] as Record[])
    }
    return sent
  })

const queries: readonly Omit<BucketQuery, 'datastreamId' | 'kind'>[] = [
  { fromMs: START_MS, toMs: END_MS, bucket: { unit: 'h', count: 1 }, timeZone: 'UTC' },
  { fromMs: START_MS, toMs: END_MS, bucket: { unit: 'd', count: 1 }, timeZone: 'Asia/Makassar' },
  {
    fromMs: START_MS + QUARTER_MS,
    toMs: START_MS + 40 * QUARTER_MS,
    bucket: { unit: 'm', count: 15 },
    timeZone: 'Europe/Warsaw',
  },
]

it('shows what comes twice, late and in any order once and in its place, in rows and buckets', async () => {
  await using city = await brokerUnderTest()
  const client = await city.client('meter', city.device('meter'))
  let run = 0
  await fc.assert(
    fc.asyncProperty(sendings, async (packs) => {
      run += 1
      const path = (stream: number): string => `library/run-${run}/${STREAMS[stream]?.name}`
      const oracle = createOracle()
      const check = async (): Promise<void> => {
        for (const [stream, { kind }] of STREAMS.entries()) {
          const datastreamId = city.catalogue.datastreams.find(path(stream))?.id
          if (datastreamId === undefined) continue
          const range = { fromMs: START_MS, toMs: END_MS, limit: 1e6 }
          expect(await city.observations.raw({ datastreamId, ...range })).toEqual(
            oracle.raw({ datastreamId: stream, ...range }),
          )
          for (const query of queries) {
            expect(await city.observations.buckets({ ...query, kind, datastreamId })).toEqual(
              oracle.buckets({ ...query, kind, datastreamId: stream }),
            )
          }
        }
      }
      const half = Math.ceil(packs.length / 2)
      for (const some of [packs.slice(0, half), packs.slice(half)]) {
        await Promise.all(
          some.map((records) => {
            oracle.append(
              records.map(({ stream, timeMs, value }): Point => ({ datastreamId: stream, timeMs, value })),
            )
            const payload = records.map(({ stream, timeMs, value }) => ({
              n: path(stream),
              t: timeMs / 1000,
              v: value,
            }))
            return client.publishAsync('nadi/v1/meter/observations', JSON.stringify(payload), { qos: 1 })
          }),
        )
        await check()
      }
    }),
    { numRuns: Math.ceil(8 * TEST_SCALE), seed: 7, endOnFailure: true },
  )
})

it('takes readings up to a day ahead of its clock and quarantines later ones, also after the clock went back', async () => {
  const ARRIVAL_MS = 1_760_000_000_000
  const HOUR_MS = 3_600_000
  let nowMs = ARRIVAL_MS
  await using city = await brokerUnderTest({ now: () => nowMs })
  const client = await city.client('meter', city.device('meter'))
  const send = (hours: number, value: number) =>
    client.publishAsync(
      'nadi/v1/meter/observations',
      JSON.stringify([{ n: 'library/temperature', t: (ARRIVAL_MS + hours * HOUR_MS) / 1000, v: value }]),
      { qos: 1 },
    )
  await send(23, 1)
  await send(25, 2)
  // Back: what was stored stays, and what it says of its time is believed.
  nowMs = ARRIVAL_MS - 20 * HOUR_MS
  await send(-19, 3)
  await send(5, 4)
  const values = async () => (await city.samples('library/temperature')).map(({ value }) => value)
  expect(await values()).toEqual([3, 1])
  const ids = city.catalogue.quarantine.ids({ limit: 10 })
  const packs = ids.map((id) => city.catalogue.quarantine.find(id)?.reason)
  expect(packs).toEqual([
    expect.stringContaining('more than 24 h'),
    expect.stringContaining('more than 24 h'),
  ])
  expect(city.broker.counts()).toMatchObject({ quarantined: 2 })
})
