import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { NadiError } from '../../city/errors.ts'
import type { Reading } from '../../city/observation.ts'
import type { Birth, Driver } from '../driver.ts'
import type { DriverFactory } from './index.ts'

/**
 * A driver to copy: reads one thermometer of a zone every few seconds. Keep the three parts apart: settings with
 * defaults, a pure function from what the device says to readings (units fixed here), and the loop that asks.
 */
const settingsSchema = z
  .object({
    kind: z.literal('blueprint'),
    zone: z.string().default('lobby'),
    everySeconds: z.number().positive().default(5),
  })
  .strict()

/** What the thermometer answers, tenths of a degree as text, as one reading in Cel. Pure: tested without a device. */
export const parse = (answer: string, datastream: string, timeMs: number): Reading => ({
  datastream,
  timeMs,
  value: Number(answer) / 10,
})

export const createBlueprintDriver: DriverFactory = async (settings, { building, now }) => {
  const parsed = settingsSchema.safeParse(settings)
  if (!parsed.success) {
    throw new NadiError('invalid-input', 'The settings of the driver "blueprint" are wrong.', {
      problems: parsed.error.issues.map(({ path, message }) => ({
        pointer: `/${path.join('/')}`,
        detail: message,
      })),
    })
  }
  const { zone, everySeconds } = parsed.data
  const thing = `${building}/${zone}`
  const datastream = `${thing}/temperature`
  const birth: Birth = {
    things: [{ name: thing, brickClass: 'HVAC_Zone' }],
    datastreams: [{ name: datastream, unit: 'Cel', kind: 'instant', intervalSeconds: everySeconds }],
  }
  const driver: Driver = {
    describe: () => birth,
    async *read(signal) {
      while (!signal.aborted) {
        yield [parse('215', datastream, now())]
        // Ends quietly when the agent closes: an aborted wait is no failure.
        await sleep(everySeconds * 1000, undefined, { signal }).catch(() => undefined)
      }
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
  return driver
}
