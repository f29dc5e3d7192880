import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildingOf, isDatastreamPath, isThingPath, thingOf } from '../../city/names.ts'
import type { Reading } from '../../city/observation.ts'
import { whyNotEncodable } from '../../city/senml.ts'
import type { Driver } from '../../edge/driver.ts'

/** What every driver promises. `make` gives a new driver that has something to read at once. */
export const driverContract = (name: string, make: () => Promise<Driver>): void => {
  describe(`the driver ${name}`, () => {
    let driver: Driver
    let stopping: AbortController
    beforeEach(async () => {
      driver = await make()
      stopping = new AbortController()
    })
    afterEach(() => driver[Symbol.asyncDispose]())

    /** The first batches, at most `count`. */
    const firstBatches = async (count: number): Promise<(readonly Reading[])[]> => {
      const batches: (readonly Reading[])[] = []
      for await (const batch of driver.read(stopping.signal)) {
        batches.push(batch)
        if (batches.length === count) break
      }
      return batches
    }

    it('is born with valid names, each once, and with the Thing of every Datastream', () => {
      const { things, datastreams } = driver.describe()
      const thingNames = things.map((thing) => thing.name)
      const names = datastreams.map((datastream) => datastream.name)
      expect(names.length).toBeGreaterThan(0)
      expect(thingNames.filter((thing) => !isThingPath(thing))).toEqual([])
      expect(names.filter((datastream) => !isDatastreamPath(datastream))).toEqual([])
      expect(new Set(names).size).toBe(names.length)
      expect(names.filter((datastream) => !thingNames.includes(thingOf(datastream)))).toEqual([])
    })

    it('tells the same birth each time, as something that JSON can say', () => {
      expect(driver.describe()).toEqual(driver.describe())
      expect(JSON.parse(JSON.stringify(driver.describe()))).toEqual(driver.describe())
    })

    it('yields readings that can be sent, of Datastreams it was born with, in their units', async () => {
      const units = new Map(driver.describe().datastreams.map(({ name, unit }) => [name, unit]))
      const batches = await firstBatches(3)
      expect(batches.flat().length).toBeGreaterThan(0)
      for (const reading of batches.flat()) {
        expect(whyNotEncodable(reading)).toBeUndefined()
        expect([...units.keys()]).toContain(reading.datastream)
        if (reading.unit !== undefined) expect(reading.unit).toBe(units.get(reading.datastream))
      }
    })

    it('reads of no building that its birth does not name', async () => {
      const { things } = driver.describe()
      for (const reading of (await firstBatches(1)).flat()) {
        expect(things.map((thing) => buildingOf(thing.name))).toContain(buildingOf(reading.datastream))
      }
    })

    it('ends quietly when it is stopped while it waits or reads', async () => {
      const batches: (readonly Reading[])[] = []
      for await (const batch of driver.read(stopping.signal)) {
        batches.push(batch)
        stopping.abort()
      }
      expect(batches.length).toBeGreaterThan(0)
      expect(batches.length).toBeLessThanOrEqual(2)
    })

    it('yields nothing when it was stopped before it began', async () => {
      stopping.abort()
      expect(await firstBatches(1)).toEqual([])
    })

    it('may be closed twice', async () => {
      await driver[Symbol.asyncDispose]()
      await driver[Symbol.asyncDispose]()
    })
  })
}
