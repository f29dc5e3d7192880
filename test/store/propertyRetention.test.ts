import { afterAll, beforeAll, expect, it } from 'vitest'
import { dropExpired } from '../../store/propertyRetention.ts'
import { openStores, type TestStores } from '../support/stores.ts'

const DAY_MS = 86_400_000
const stack = new AsyncDisposableStack()
let nowMs = 20_500 * DAY_MS + 5_000
let stores: TestStores
beforeAll(async () => {
  stores = await openStores(stack, () => nowMs)
})
afterAll(() => stack.disposeAsync())

const drop = () => dropExpired({ ...stores, keepDays: { occupancy: 40, constructor: 40 }, now: () => nowMs })
const ageDays = async (datastream: string): Promise<number> => {
  const datastreamId = stores.catalogue.datastreams.find(datastream)?.id ?? 0
  const [first] = await stores.observations.raw({ datastreamId, fromMs: 0, toMs: nowMs, limit: 1 })
  const rows = await stores.observations.buckets({
    datastreamId,
    kind: 'instant',
    bucket: { unit: 'd', count: 1 },
    timeZone: 'UTC',
    fromMs: nowMs - 120 * DAY_MS,
    toMs: nowMs,
  })
  const summed = rows.find(({ count }) => count > 0)
  // Samples and sums end together.
  expect(Math.floor((summed?.startMs ?? 0) / DAY_MS)).toBe(
    Math.floor((first?.timeMs ?? nowMs - 120 * DAY_MS) / DAY_MS),
  )
  return Math.floor(nowMs / DAY_MS) - Math.floor((first?.timeMs ?? 0) / DAY_MS)
}

it('readings and sums of a property are gone after its days, and those of others stay', async () => {
  const { intake, catalogue } = stores
  await intake.append(
    ['library/occupancy', 'library/hall/occupancy', 'library/energy'].flatMap((datastream) =>
      Array.from({ length: 100 }, (_, i) => ({ datastream, timeMs: nowMs - 1 - i * DAY_MS, value: i })),
    ),
  )
  expect(await drop()).toBe(2 * 59)
  expect(await ageDays('library/occupancy')).toBe(40)
  expect(await ageDays('library/hall/occupancy')).toBe(40)
  expect(await ageDays('library/energy')).toBe(99)
  expect(catalogue.audit.list({ action: 'readings.expire' })).toMatchObject([
    { subject: 'library/hall/occupancy', detail: { days: 40, dropped: 59 } },
    { subject: 'library/occupancy', detail: { days: 40, dropped: 59 } },
  ])
  expect(await drop()).toBe(0)
})

it('a clock that is years ahead deletes nothing', async () => {
  const then = nowMs
  nowMs += 3_000 * DAY_MS
  expect(await drop()).toBe(0)
  nowMs = then
})
