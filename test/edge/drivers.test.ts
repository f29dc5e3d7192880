import path from 'node:path'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { createBlueprintDriver, parse } from '../../edge/drivers/_blueprint.ts'
import { createDriver, type DriverContext, DRIVERS } from '../../edge/drivers/index.ts'
import { driverContract } from '../contracts/driver.ts'

/** Goes on by a second each time that it is asked, so that nothing waits for the real one. */
let nowMs = Date.UTC(2026, 10, 24, 4)
const context: DriverContext = {
  log: pino({ level: 'silent' }),
  now: () => (nowMs += 1_000),
  random: () => 0.5,
  building: 'shared-office',
  resolvePath: (file) => file,
}

/** Settings under which each driver has something to read at once. */
const examples = path.resolve(import.meta.dirname, '../../examples')
const SETTINGS: Readonly<Record<string, object>> = {
  replay: {
    file: path.join(import.meta.dirname, 'replayed.csv'),
    mapping: path.join(import.meta.dirname, 'replayed.yaml'),
    building: 'shared-office',
    speed: 0,
  },
  simulated: { city: path.join(examples, 'city.yaml'), intervalSeconds: 1 },
}

driverContract('blueprint', () => createBlueprintDriver({ kind: 'blueprint', everySeconds: 0.001 }, context))
for (const [kind, settings] of Object.entries(SETTINGS)) {
  driverContract(kind, () => createDriver(kind, { kind, ...settings }, context))
}

describe('the drivers', () => {
  it('are all held to the contract', () => {
    expect(Object.keys(SETTINGS).sort()).toEqual(Object.keys(DRIVERS).sort())
  })

  it.each(['nonsense', '__proto__', 'constructor', ''])(
    'name what there is when asked for "%s"',
    async (kind) => {
      await expect(createDriver(kind, { kind }, context)).rejects.toThrow(/There is no driver/)
    },
  )

  it('say which of their settings is wrong', async () => {
    const make = createBlueprintDriver({ kind: 'blueprint', everySeconds: -1 }, context)
    await expect(make).rejects.toMatchObject({
      code: 'invalid-input',
      problems: [{ pointer: '/everySeconds' }],
    })
  })
})

describe('the blueprint', () => {
  it('turns tenths of a degree into Cel', () => {
    expect(parse('215', 'office/temperature', 7)).toEqual({
      datastream: 'office/temperature',
      timeMs: 7,
      value: 21.5,
    })
  })
})
