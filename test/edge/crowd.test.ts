import { pino } from 'pino'
import { expect, it } from 'vitest'
import { createBroker } from '../../broker/createBroker.ts'
import type { Reading } from '../../city/observation.ts'
import { createSystemClock } from '../../edge/clock.ts'
import { openConnection } from '../../edge/connection.ts'
import type { SpoolRow } from '../../edge/spoolEngine.ts'
import { createUplink, type UplinkOptions } from '../../edge/uplink.ts'
import { brokerUnderTest } from '../broker/support.ts'
import { TEST_SCALE } from '../support/testScale.ts'
import { until } from '../support/until.ts'

/** `NADI_TEST_SCALE=10` makes it the thousand of a whole city. */
const AGENTS = Math.min(1_000, Math.ceil(100 * TEST_SCALE))
const ROWS = 20
const log = pino({ level: 'silent' })

/** What an uplink needs of a spool, without a file for each of a thousand. */
const rowsInMemory = (): UplinkOptions['rows'] & {
  add(readings: readonly Reading[]): void
  count(): number
} => {
  let rows: SpoolRow[] = []
  let lastId = 0
  return {
    add(readings) {
      for (const reading of readings) {
        lastId += 1
        rows.push({ ...reading, id: lastId })
      }
    },
    count: () => rows.length,
    oldest: (limit, afterId = 0, untilId = Infinity) =>
      rows.filter(({ id }) => afterId < id && id <= untilId).slice(0, limit),
    release(ranges) {
      rows = rows.filter(({ id }) => !ranges.some(({ fromId, toId }) => fromId <= id && id <= toId))
    },
    reject: () => expect.unreachable('nothing is to be rejected'),
    lastId: () => lastId,
  }
}

it(
  'a city of agents comes back to a broker that was started again, and everything arrives once',
  { timeout: 600_000 },
  async () => {
    await using city = await brokerUnderTest()
    await using agents = new AsyncDisposableStack()
    const names = Array.from({ length: AGENTS }, (_, index) => `building-${index}`)
    const readings = (name: string, round: number): Reading[] =>
      Array.from({ length: ROWS }, (_, index) => ({
        datastream: `${name}/co2`,
        timeMs: 1_764_000_000_000 + round * ROWS + index,
        value: 400 + index,
      }))
    const spools = await Promise.all(
      names.map(async (name) => {
        const password = city.device(name, name)
        const rows = rowsInMemory()
        rows.add(readings(name, 0))
        const uplink = agents.use(
          await createUplink({
            urls: [city.url],
            device: name,
            credentials: async () => ({ password }),
            birth: { things: [{ name }], datastreams: [{ name: `${name}/co2` }] },
            rows,
            onReleased: () => undefined,
            openConnection,
            clock: createSystemClock(),
            log,
            random: Math.random,
          }),
        )
        return { name, rows, uplink }
      }),
    )
    const isEmpty = (): boolean => spools.every(({ rows }) => rows.count() === 0)
    await until(isEmpty, { timeoutMs: 280_000, what: 'the first readings of all' })

    const { port } = city.broker
    await city.broker.close()
    for (const { name, rows, uplink } of spools) {
      rows.add(readings(name, 1))
      uplink.wake()
    }
    await using again = await createBroker({
      catalogue: city.catalogue,
      intake: city.intake,
      observations: city.observations,
      host: '127.0.0.1',
      port,
      log,
      now: Date.now,
    })
    await until(isEmpty, { timeoutMs: 280_000, what: 'the readings after the restart' })
    expect(again.counts().connections).toBe(AGENTS)
    for (const name of names.filter((_, index) => index % 50 === 0)) {
      expect(await city.samples(`${name}/co2`)).toHaveLength(2 * ROWS)
    }
  },
)
