import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { presenceExamples } from '../../analytics/presence/examples.ts'
import { trainPresence } from '../../analytics/presence/train.ts'
import type { Reading } from '../../city/observation.ts'
import { edgeConfigOf, parseSettings } from '../../edge/config.ts'
import type { Driver } from '../../edge/driver.ts'
import { type PresenceSettings, withPresence } from '../../edge/presence/withPresence.ts'
import { driverContract } from '../contracts/driver.ts'
import { isInRoom, ROOM_START_MS, roomReadings } from '../support/room.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const quiet = pino({ level: 'silent' })
const DAY_MINUTES = 1_440

const driverOf = (readings: readonly Reading[]): Driver => ({
  describe: () => ({
    things: [{ name: 'office' }, { name: 'office/room' }],
    datastreams: [...new Set(readings.map(({ datastream }) => datastream))].map((name) => ({ name })),
  }),
  async *read(signal) {
    for (let from = 0; from < readings.length && !signal.aborted; from += 700)
      yield readings.slice(from, from + 700)
  },
  [Symbol.asyncDispose]: async () => undefined,
})

const air = (minutes: number): Reading[] => [
  ...roomReadings(minutes, { withTruth: false }),
  { datastream: 'office/energy', timeMs: ROOM_START_MS, value: 1 },
]

let folder: AsyncDisposable & { path: string }
let settings: PresenceSettings
beforeAll(async () => {
  folder = await temporaryFolder()
  const { examples } = presenceExamples(roomReadings(5 * DAY_MINUTES), { withLight: false, timeZone: 'UTC' })
  const model = await trainPresence(examples, { withLight: false, source: 'a test' })
  settings = { model: path.join(folder.path, 'presence.json'), timeZone: 'UTC', presenceOnly: false }
  await writeFile(settings.model, JSON.stringify(model))
})
afterAll(() => folder[Symbol.asyncDispose]())

const readAll = async (driver: Driver): Promise<Reading[]> => {
  const all: Reading[] = []
  for await (const readings of driver.read(new AbortController().signal)) all.push(...readings)
  return all
}
const estimatesOf = (readings: readonly Reading[]): Reading[] =>
  readings.filter(({ datastream }) => datastream === 'office/room/presence')

driverContract('with presence', () => withPresence(driverOf(air(DAY_MINUTES)), settings, quiet))

describe('presence at the edge', () => {
  it('is estimated once a minute, after the first half hour, and is mostly right', async () => {
    await using driver = await withPresence(driverOf(air(3 * DAY_MINUTES)), settings, quiet)
    const estimates = estimatesOf(await readAll(driver))
    const minutes = estimates.map(({ timeMs }) => (timeMs - ROOM_START_MS) / 60_000)
    expect(minutes[0]).toBeGreaterThanOrEqual(20)
    expect(minutes).toEqual(Array.from(minutes.keys(), (index) => index + (minutes[0] ?? 0)))
    expect(minutes.at(-1)).toBe(3 * DAY_MINUTES - 1)
    const right = estimates.filter(({ value }, index) => value === Number(isInRoom(minutes[index] ?? 0)))
    expect(right.length / estimates.length).toBeGreaterThan(0.95)
  })

  it('is not estimated while one of its inputs is silent', async () => {
    const silent = { from: ROOM_START_MS + 6 * 3_600_000, to: ROOM_START_MS + 9 * 3_600_000 }
    const readings = air(DAY_MINUTES).filter(
      ({ datastream, timeMs }) =>
        !(datastream.endsWith('/co2') && timeMs >= silent.from && timeMs < silent.to),
    )
    await using driver = await withPresence(driverOf(readings), settings, quiet)
    const during = estimatesOf(await readAll(driver)).filter(
      ({ timeMs }) => timeMs >= silent.from + 600_000 && timeMs < silent.to,
    )
    expect(during).toEqual([])
  })

  it('leaves everything else as the driver reads it', async () => {
    const readings = air(100)
    await using driver = await withPresence(driverOf(readings), settings, quiet)
    const others = (await readAll(driver)).filter(({ datastream }) => !datastream.endsWith('/presence'))
    expect(others).toEqual(readings)
  })

  it('is all that leaves the room where nothing else shall', async () => {
    const inside = { ...settings, presenceOnly: true }
    await using driver = await withPresence(driverOf(air(DAY_MINUTES)), inside, quiet)
    const names = new Set((await readAll(driver)).map(({ datastream }) => datastream))
    expect([...names].sort()).toEqual(['office/energy', 'office/room/presence'])
    expect(driver.describe().datastreams.map(({ name }) => name)).toEqual([...names].sort())
  })

  it.each([
    ['a room without sensors', { rooms: ['office'] }, /does not read co2, temperature, humidity of office/],
    ['a model that is not there', { model: '/nowhere/presence.json' }, /cannot be read. Make one with/],
  ])('is refused for %s', async (_, change, reason) => {
    await expect(withPresence(driverOf(air(10)), { ...settings, ...change }, quiet)).rejects.toThrow(reason)
  })

  it('is refused where the driver reads presence itself', async () => {
    const driver = driverOf(roomReadings(10))
    await expect(withPresence(driver, settings, quiet)).rejects.toThrow(/reads office\/room\/presence itself/)
  })

  it('is set in building.yaml, its model meant from there', () => {
    const yaml = `
device: d
password: p
broker: mqtt://127.0.0.1:1883
building: office
spool: { file: s.sqlite }
driver: { kind: simulated }
presence: { model: presence.json, timeZone: Asia/Jakarta, presenceOnly: true }
`
    expect(edgeConfigOf(parseSettings(yaml, 'building.yaml'), '/etc/nadi').presence).toEqual({
      model: '/etc/nadi/presence.json',
      timeZone: 'Asia/Jakarta',
      presenceOnly: true,
    })
    expect(() => parseSettings(yaml.replace('Jakarta', 'Nowhere'), 'building.yaml')).toThrow(/not a valid/)
  })
})
