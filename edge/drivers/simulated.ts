import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { NadiError } from '../../city/errors.ts'
import { parseCityFile } from '../../city/readCityFile.ts'
import type { Driver } from '../driver.ts'
import { DEFAULT_SEED, createSimulatedBuilding, requireSimulated } from '../simulation/simulatedBuilding.ts'
import type { DriverFactory } from './index.ts'

/**
 * A building that is not there: its sensors are simulated from its description in the city file. Every reading's time
 * is a whole multiple of the interval, and history of the same seed (`edge/history.ts`) ends where this goes on.
 */
const settingsSchema = z
  .object({
    kind: z.literal('simulated'),
    /** The city file, relative to the settings that name it. */
    city: z.string('the path of a city file').min(1),
    /** Building of that file; default: the one that the agent speaks for. */
    building: z.string().optional(),
    seed: z.number('a whole number').int('a whole number').default(DEFAULT_SEED),
    intervalSeconds: z
      .number('seconds > 0')
      .positive('seconds > 0')
      .max(3_600, 'at most 3600 seconds')
      .default(5),
  })
  .strict()

export const createSimulatedDriver: DriverFactory = async (settings, context) => {
  const parsed = settingsSchema.safeParse(settings)
  if (!parsed.success) {
    throw new NadiError('invalid-input', 'The settings of the driver "simulated" are wrong.', {
      problems: parsed.error.issues.map(({ path, message }) => ({
        pointer: `/${path.join('/')}`,
        detail: message,
      })),
    })
  }
  const { seed, intervalSeconds } = parsed.data
  const file = context.resolvePath(parsed.data.city)
  const city = parseCityFile(await readText(file), file)
  const building = requireSimulated(city, parsed.data.building ?? context.building)
  if (building.id !== context.building) {
    throw new NadiError(
      'invalid-input',
      `This agent speaks for "${context.building}" and cannot publish as "${building.id}". Name the same building in both places.`,
      { problems: [{ pointer: '/building', detail: `"${context.building}"` }] },
    )
  }
  const intervalMs = Math.max(1, Math.round(intervalSeconds * 1_000))
  const tickAt = (timeMs: number): number => Math.floor(timeMs / intervalMs) * intervalMs
  const simulated = createSimulatedBuilding({
    city,
    building,
    seed,
    fromMs: tickAt(context.now()),
    intervalSeconds,
  })

  const driver: Driver = {
    describe: () => simulated.sensors.birth,
    async *read(signal) {
      let lastMs = -Infinity
      while (!signal.aborted) {
        const timeMs = tickAt(context.now())
        // A clock that was set back must not make the course run backwards.
        if (timeMs > lastMs) {
          lastMs = timeMs
          yield simulated.sensors.read(simulated.timeline.at(timeMs))
        }
        const waitMs = timeMs + intervalMs - context.now()
        // Ends quietly when the agent closes: an aborted wait is no failure.
        await sleep(Math.max(1, waitMs), undefined, { signal }).catch(() => undefined)
      }
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
  return driver
}

const readText = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new NadiError(
      'invalid-input',
      `The city file ${file} cannot be read. Correct "city" in the driver's settings.`,
      {
        cause,
        problems: [{ pointer: '/city', detail: 'the path of a city file' }],
      },
    )
  }
}
