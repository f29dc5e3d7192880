import { readFile } from 'node:fs/promises'
import type { Logger } from 'pino'
import { NadiError } from '../../city/errors.ts'
import { propertyOf, thingOf } from '../../city/names.ts'
import type { Reading, Sample } from '../../city/observation.ts'
import { createRoomMemory, isPresenceInput, REQUIRED_INPUTS, type RoomMemory } from '../../city/presence.ts'
import { type PresenceModel, readPresenceModel } from '../../city/presenceModel.ts'
import type { Birth, Driver } from '../driver.ts'
import { createPresenceEstimator, type PresenceEstimator } from './estimator.ts'

/** The `presence` block of `building.yaml`, paths absolute. */
export interface PresenceSettings {
  model: string
  /** Things that get an estimate; without them, all that the driver observes with every input of the model. */
  rooms?: readonly string[]
  /** IANA zone of the hour of the day. */
  timeZone: string
  /** Of these rooms nothing else is published: what sensors say there never reaches the spool. */
  presenceOnly: boolean
}

/**
 * A driver with a virtual sensor more: whether somebody is in a room, as `ROOM/presence` (0 or 1), once a minute, from
 * what the driver itself reads. There is no estimate where an input is missing or stale, and none while there is too
 * little past. Throws `invalid-input` when the model is none, TensorFlow.js is not installed, or a room has no inputs.
 */
export const withPresence = async (
  driver: Driver,
  settings: PresenceSettings,
  log: Logger,
): Promise<Driver> => {
  const model = readPresenceModel(await readModel(settings.model), settings.model)
  const birth = driver.describe()
  const rooms = settings.rooms ?? roomsWith(model, birth)
  checkRooms(rooms, model, birth)
  const estimator = await createPresenceEstimator(model)
  const names = new Set(rooms)
  const isWithheld = (datastream: string): boolean => settings.presenceOnly && names.has(thingOf(datastream))
  log.info({ rooms, model: settings.model }, 'presence is estimated')
  return {
    ...(driver.canWait !== undefined && { canWait: driver.canWait }),
    describe: () => ({
      things: birth.things,
      datastreams: [
        ...birth.datastreams.filter(({ name }) => !isWithheld(name)),
        ...rooms.map((room) => ({
          name: `${room}/presence`,
          unit: '1',
          kind: 'instant' as const,
          brickClass: 'Occupancy_Status',
          intervalSeconds: 60,
        })),
      ],
    }),
    async *read(signal) {
      const watched = new Map(rooms.map((room) => [room, createRoom(room, model, settings, estimator)]))
      for await (const readings of driver.read(signal)) {
        const out: Reading[] = []
        for (const reading of readings) {
          const estimate = watched.get(thingOf(reading.datastream))?.take(reading)
          if (estimate) out.push(estimate)
          if (!isWithheld(reading.datastream)) out.push(reading)
        }
        if (out.length > 0) yield out
      }
      const last = [...watched.values()].flatMap((room) => room.close() ?? [])
      if (last.length > 0) yield last
    },
    async [Symbol.asyncDispose]() {
      estimator[Symbol.dispose]()
      await driver[Symbol.asyncDispose]()
    },
  }
}

const MS_PER_MINUTE = 60_000

/** One room: an estimate of each minute as soon as a reading of a later one shows that it is over. */
const createRoom = (
  room: string,
  model: PresenceModel,
  { timeZone }: PresenceSettings,
  estimator: PresenceEstimator,
) => {
  const memory: RoomMemory = createRoomMemory({ withLight: model.withLight, timeZone })
  let newest: Sample | undefined
  const close = (): Reading | undefined => {
    const features = newest && memory.features(newest.timeMs)
    if (!newest || !features) return undefined
    const isPresent = estimator.probability(features) >= model.threshold
    return { datastream: `${room}/presence`, timeMs: newest.timeMs, value: isPresent ? 1 : 0, unit: '1' }
  }
  return {
    close,
    take({ datastream, timeMs, value }: Reading): Reading | undefined {
      const input = propertyOf(datastream)
      if (!isPresenceInput(input)) return undefined
      const isLater = newest !== undefined && minuteOf(timeMs) > minuteOf(newest.timeMs)
      const estimate = isLater ? close() : undefined
      memory.add(input, { timeMs, value })
      if (!newest || timeMs >= newest.timeMs) newest = { timeMs, value }
      return estimate
    },
  }
}

const minuteOf = (timeMs: number): number => Math.floor(timeMs / MS_PER_MINUTE)

const inputsOf = ({ withLight }: PresenceModel): readonly string[] =>
  withLight ? [...REQUIRED_INPUTS, 'illuminance'] : REQUIRED_INPUTS

const roomsWith = (model: PresenceModel, { things, datastreams }: Birth): string[] => {
  const names = new Set(datastreams.map(({ name }) => name))
  return things
    .map(({ name }) => name)
    .filter((thing) => inputsOf(model).every((input) => names.has(`${thing}/${input}`)))
}

const checkRooms = (rooms: readonly string[], model: PresenceModel, { datastreams }: Birth): void => {
  const names = new Set(datastreams.map(({ name }) => name))
  if (rooms.length === 0) {
    throw new NadiError(
      'invalid-input',
      `No Thing of this driver has all of ${inputsOf(model).join(', ')}, which the presence model needs. Leave out "presence" in building.yaml, or use a driver that reads them.`,
    )
  }
  for (const room of rooms) {
    const missing = inputsOf(model).filter((input) => !names.has(`${room}/${input}`))
    if (missing.length > 0) {
      throw new NadiError(
        'invalid-input',
        `The driver does not read ${missing.join(', ')} of ${room}, which the presence model needs. Take it out of presence.rooms in building.yaml.`,
      )
    }
    // Two sources of one Datastream would contradict each other.
    if (names.has(`${room}/presence`)) {
      throw new NadiError(
        'invalid-input',
        `The driver reads ${room}/presence itself. Name the other rooms in presence.rooms of building.yaml.`,
      )
    }
  }
}

const readModel = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new NadiError(
      'invalid-input',
      `The presence model ${file} cannot be read. Make one with "nadi train --property presence".`,
      { cause },
    )
  }
}
