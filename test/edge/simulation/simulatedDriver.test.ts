import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import type { Reading } from '../../../city/observation.ts'
import { createDriver, type DriverContext } from '../../../edge/drivers/index.ts'
import { generateHistory } from '../../../edge/history.ts'
import { requireSimulated } from '../../../edge/simulation/simulatedBuilding.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'
import { at, city, cityPath } from './demonstration.ts'

const startMs = at('2026-11-24T10:00:00')

/** A clock that goes on by `stepMs` each time it is asked. */
const contextFrom = (fromMs: number, stepMs: number, more: Partial<DriverContext> = {}): DriverContext => {
  let nowMs = fromMs
  return {
    log: pino({ level: 'silent' }),
    now: () => (nowMs += stepMs),
    random: () => 0.5,
    building: 'clinic',
    resolvePath: (file) => file,
    ...more,
  }
}

const take = async (context: DriverContext, batches: number, settings: object = {}): Promise<Reading[]> => {
  await using driver = await createDriver(
    'simulated',
    { kind: 'simulated', city: cityPath, intervalSeconds: 1, ...settings },
    context,
  )
  const stop = new AbortController()
  const taken: Reading[] = []
  let count = 0
  for await (const readings of driver.read(stop.signal)) {
    taken.push(...readings)
    count += 1
    if (count >= batches) stop.abort()
  }
  return taken
}

describe('the simulated driver', () => {
  it('says of each sensor unit, kind, Brick class and step at birth', async () => {
    await using driver = await createDriver(
      'simulated',
      { kind: 'simulated', city: cityPath },
      contextFrom(startMs, 0),
    )
    const { things, datastreams } = driver.describe()
    expect(things).toContainEqual({ name: 'clinic', brickClass: 'Building' })
    expect(datastreams).toContainEqual({
      name: 'clinic/energy',
      unit: 'kWh',
      kind: 'counter',
      brickClass: 'Energy_Usage_Sensor',
      intervalSeconds: 5,
    })
    expect(datastreams).toHaveLength(26)
  })

  it('reads on whole seconds, each once, and is the same after a restart', async () => {
    const first = await take(contextFrom(startMs, 400), 12)
    const times = [...new Set(first.map(({ timeMs }) => timeMs))]
    expect(times).toHaveLength(12)
    expect(times.every((timeMs) => timeMs % 1_000 === 0)).toBe(true)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(await take(contextFrom(startMs, 400), 12)).toEqual(first)
  })

  it('goes on where the history of the same seed ends', async () => {
    const history = [
      ...generateHistory({
        city,
        building: requireSimulated(city, 'clinic'),
        fromMs: startMs - 3_600_000,
        toMs: startMs,
      }),
    ].flat()
    const live = await take(contextFrom(startMs, 400), 5)
    const energy = [...history, ...live].filter(({ datastream }) => datastream === 'clinic/energy')
    energy.forEach(({ value }, index) => expect(value).toBeGreaterThanOrEqual(energy[index - 1]?.value ?? 0))
    expect(live[0]?.timeMs).toBe(startMs)
  })

  it.each([
    [{ city: 'nowhere.yaml' }, /cannot be read/],
    [{ building: 'castle' }, /no building "castle"/],
    [{ building: 'library' }, /speaks for "clinic"/],
    [{ intervalSeconds: 0 }, /settings of the driver "simulated"/],
    [{ speed: 3 }, /settings of the driver "simulated"/],
  ])('refuses %o', async (settings, message) => {
    await expect(take(contextFrom(startMs, 0), 1, settings)).rejects.toThrow(message)
  })

  it('passes on what is wrong in the city file, with its place', async () => {
    await using folder = await temporaryFolder()
    const file = path.join(folder.path, 'city.yaml')
    writeFileSync(file, 'name: 3\n')
    await expect(take(contextFrom(startMs, 0), 1, { city: file })).rejects.toMatchObject({
      problems: expect.arrayContaining([{ pointer: `${file}:1:7 /name`, detail: expect.any(String) }]),
    })
  })
})
