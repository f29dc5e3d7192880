import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ModelEntry } from '../../../analytics/registry/entry.ts'
import { createRetraining, type Retraining } from '../../../analytics/retraining/retraining.ts'
import { openForecastParts, packagedOf } from '../../support/forecastParts.ts'
import { fitted, profileModel } from '../../support/profileModel.ts'
import { trainHere } from '../../support/trainHere.ts'
import { openStores, type TestStores } from '../../support/stores.ts'
import { newModel } from '../registry/newModel.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.parse('2026-03-02T00:00:00+08:00')
const SLOT = { property: 'energy', building: null } as const

let stack: AsyncDisposableStack
let stores: TestStores
let parts: Awaited<ReturnType<typeof openForecastParts>>
let retraining: Retraining
let acts: string[]
let day: number

/** What the library uses in an hour: more by day, and less once the world has changed. */
const usual = (hour: number): number => 10 + (((hour % 24) + 24) % 24)
const kinds = { profile: profileModel }

beforeEach(async () => {
  stack = new AsyncDisposableStack()
  day = 0
  acts = []
  const now = () => START + day * DAY
  stores = await openStores(stack, now)
  // Hours of the week begin on a Thursday at 00:00 UTC, which is 08:00 in the city.
  const shipped = fitted(Array.from({ length: 168 }, (_, i) => usual(i + 8)))
  const packaged = packagedOf(shipped)
  parts = await openForecastParts(stack, stores, {
    kinds,
    now,
    packaged: async (property) => ({ ...(await packaged(property)), trainedAtMs: START + 49 * DAY }),
  })
  retraining = createRetraining({
    ...parts,
    train: trainHere(kinds),
    kind: 'profile',
    codeVersion: '0.1.0',
    now,
    log: stores.log,
    tell: ({ action, detail }) => acts.push(`day ${day}: ${action}: ${detail['reason']}`),
  })
  stores.catalogue.datastreams.declare({ path: 'library/energy', kind: 'interval', intervalSeconds: 3600 })
})
afterEach(() => stack.disposeAsync())

/** Lives through days: their hours come in, forecasts are issued, and models are looked after at night. */
const live = async (days: number, factor = 1): Promise<void> => {
  for (const end = day + days; day < end;) {
    await append(day, day + 1, factor)
    day += 1
    await parts.job.idle()
    await retraining.runDaily()
  }
}

const append = (fromDay: number, toDay: number, factor = 1): Promise<void> =>
  stores.intake.append(
    Array.from({ length: (toDay - fromDay) * 24 }, (_, i) => ({
      datastream: 'library/energy',
      timeMs: START + fromDay * DAY + i * HOUR,
      // Not the same each day, so that no forecast is without error.
      value: factor * usual(i) * (1 + 0.04 * Math.sin(fromDay * 24 + i)),
      unit: 'kWh',
    })),
  )

const champion = (): ModelEntry | undefined => parts.registry.current(SLOT, 'champion')

it('a past that is filled in decides between the model that ships and a plain one at once', async () => {
  await append(0, 50)
  day = 50
  const [worse, better] = [20, 12].map((level) =>
    fitted(Array.from({ length: 168 }, (_, i) => level + ((i + 8) % 24))).save(),
  )
  const add = (content: Uint8Array | undefined) =>
    parts.registry.add(newModel('', { name: 'profile', ...(content && { content }) })).id
  parts.registry.promote(add(worse), 'for a test')
  const plain = add(better)
  await parts.job.backfill(30)
  expect(await retraining.judgeNow()).toBe(true)
  expect(champion()?.id).toBe(plain)
  expect(await retraining.judgeNow()).toBe(false)
})

it('a replay with drift: trained on schedule and refused, trained on drift and promoted, a worse one refused, rolled back', async () => {
  await append(0, 50)
  day = 50
  await parts.job.catchUp()
  await parts.job.backfill(30)
  const shipped = champion()?.id ?? ''

  // Nothing changes: the model that is trained on schedule is not better, and is refused after two weeks of both.
  await live(14)
  expect(acts[0]).toMatch(/^day 56: model.trained: On schedule: the newest model is 7 days old/)
  expect(acts[1]).toMatch(/model.refuse: Pinball loss .* against the champion's/)
  expect(champion()?.id).toBe(shipped)

  // The building uses half of what it used.
  acts.length = 0
  await live(16, 0.5)
  const better = champion()
  expect(better?.id).not.toBe(shipped)
  expect(acts.join('\n')).toMatch(/model.trained: Drift .*times that of the/)
  expect(better?.reason).toMatch(/lower/)
  expect(parts.registry.find(shipped)?.state).toBe('retired')

  await append(day, day + 1, 0.5)
  await parts.job.idle()
  const served = stores.forecasts.newest('library', 'energy')
  expect(served?.model).toEqual({ name: 'profile', version: `1+${better?.id}` })
  expect(served?.context).toEqual({ hours: 336, measured: 1, coldStart: false })

  // Somebody puts one there that knows nothing of it.
  acts.length = 0
  const content = fitted(Array.from({ length: 168 }, () => 99)).save()
  const worse = parts.registry.add(newModel('', { name: 'profile', content, trainedAtMs: START + day * DAY }))
  await live(8, 0.5)
  expect(parts.registry.events(worse.id).map(({ state }) => state)).toEqual(['challenger', 'refused'])
  expect(parts.registry.find(worse.id)?.reason).toMatch(/higher/)

  const last = champion()
  const { from, to } = parts.registry.rollback(SLOT, 'the operators want it')
  expect([from.id, from.state]).toEqual([last?.id, 'refused'])
  await live(1, 0.5)
  expect(stores.forecasts.newest('library', 'energy')?.model.version).toBe(`1+${to?.id}`)
})
