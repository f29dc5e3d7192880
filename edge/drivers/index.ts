import type { Logger } from 'pino'
import { NadiError } from '../../city/errors.ts'
import type { Driver } from '../driver.ts'

/**
 * The drivers there are: the `kind` of a `driver` block in `building.yaml` names one. A new driver is one file
 * beside this (copy `_blueprint.ts`) and one line here; it is loaded only when it is asked for.
 */
export const DRIVERS: Readonly<Record<string, () => Promise<DriverFactory>>> = {
  replay: async () => (await import('./replay.ts')).createReplayDriver,
  simulated: async () => (await import('./simulated.ts')).createSimulatedDriver,
}

/**
 * Makes a driver from its block in the settings, which it parses with a schema of its own (`kind` included); throws
 * `invalid-input` with a problem for each wrong field, pointers beginning at the block (`/registers/0`).
 */
export type DriverFactory = (settings: unknown, context: DriverContext) => Promise<Driver>

/** What a driver may need of its surroundings. */
export interface DriverContext {
  log: Logger
  /** Epoch milliseconds. */
  now: () => number
  /** A number from 0 up to, but not including, 1. */
  random: () => number
  /** The building that the agent speaks for: first segment of every name that a driver yields. */
  building: string
  /** Absolute path of a file that the settings name (relative to where they stand). */
  resolvePath: (file: string) => string
}

/** Makes the driver of this kind. Throws `invalid-input` naming the kinds there are when there is no such one. */
export const createDriver = async (
  kind: string,
  settings: unknown,
  context: DriverContext,
): Promise<Driver> => {
  const load = Object.hasOwn(DRIVERS, kind) ? DRIVERS[kind] : undefined
  if (!load) {
    throw new NadiError(
      'invalid-input',
      `There is no driver "${kind}". Use one of: ${Object.keys(DRIVERS).sort().join(', ')}.`,
      { problems: [{ pointer: '/kind', detail: `one of ${Object.keys(DRIVERS).sort().join(', ')}` }] },
    )
  }
  return (await load())(settings, context)
}
