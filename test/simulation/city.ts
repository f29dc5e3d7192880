import type { Logger } from 'pino'
import { deviceIdentity } from '../../broker/identity.ts'
import { createDoor, type Door } from '../../broker/door.ts'
import { createIngest } from '../../broker/ingest.ts'
import { decodePack } from '../../city/senml.ts'
import { createIntake } from '../../store/intake.ts'
import { createLife, type Life } from './life.ts'
import { type CatalogueDisk, createCatalogueDisk } from './memoryCatalogue.ts'
import { createStoreDisk, type StoreDisk } from './memoryStore.ts'
import type { Listener, Session } from './network.ts'
import type { Plant } from './plants.ts'
import type { World } from './world.ts'

/** Broker and store in one process, as they run: the real door, ingest, intake and group commit over disks in memory. */
export interface City extends Listener {
  readonly store: StoreDisk
  readonly catalogue: CatalogueDisk
  /** Values of readings in packs that were acknowledged. */
  readonly acknowledged: ReadonlySet<number>
  crash(kind: 'kill' | 'power cut'): void
  start(): void
  setWallClock(offsetMs: number): void
  revoke(device: string): void
  allow(device: string): void
  /** The broker ends the connection on each pack with one of these values. */
  readonly poison: Set<number>
}

export interface CityParts {
  world: World
  log: Logger
  beginningMs: number
  plant: Plant | undefined
}

export const createCity = ({ world, log, beginningMs, plant }: CityParts): City => {
  const store = createStoreDisk(world, {
    withoutFlush: plant === 'no-flush',
    withoutDuplicateControl: plant === 'no-duplicate-control',
  })
  const catalogue = createCatalogueDisk(world)
  const acknowledged = new Set<number>()
  const poison = new Set<number>()
  let wallOffsetMs = 0
  let running: { life: Life; door: Door; ends: Set<(reason: string) => void> } | undefined

  const start = (): void => {
    if (running) return
    const life = createLife(world)
    const now = (): number => beginningMs + wallOffsetMs + world.nowMs()
    const known = catalogue.catalogueOf(life)
    const intake = createIntake({ catalogue: known, observations: store.storeOf(life), log })
    const ingest = createIngest({ catalogue: known, intake, now, log, onForeign: () => undefined })
    const door = createDoor({
      catalogue: known,
      ingest,
      log,
      now,
      absorb: () => undefined,
      onForbidden: () => undefined,
    })
    running = { life, door, ends: new Set() }
  }

  const valuesOf = (payload: string): number[] => {
    const pack = decodePack(payload, 0)
    return pack.ok ? pack.records.map(({ value }) => value) : []
  }

  const sessionOf = (device: string): Session | 'refused' | undefined => {
    const now = running
    const known = catalogue.devices.get(device)
    if (!now || !known) return undefined
    if (known.credential.validUntilMs === 0) return 'refused'
    const identity = deviceIdentity(known.device, known.credential)
    return {
      onEnd: (end) => void now.ends.add(end),
      async publish(topic, payload) {
        if (!now.life.alive) return new Promise(() => undefined)
        const values = topic.endsWith('/observations') ? valuesOf(payload) : []
        if (values.some((value) => poison.has(value))) return new Error('the broker stumbles')
        const taking = now.door.publish(identity, {
          cmd: 'publish',
          topic,
          payload,
          qos: 1,
          dup: false,
          retain: false,
        })
        const error = plant === 'acknowledge-before-commit' ? undefined : await taking
        // A process that is gone acknowledges nothing.
        if (!now.life.alive) return new Promise(() => undefined)
        if (error) return error
        for (const value of values) acknowledged.add(value)
        return undefined
      },
    }
  }

  return {
    store,
    catalogue,
    acknowledged,
    poison,
    connect: sessionOf,
    start,
    crash(kind) {
      const before = running
      if (!before) return
      running = undefined
      before.life.end()
      world.tell(() => `the broker dies (${kind})`)
      store.crash(kind)
      for (const end of before.ends) end('the broker is gone')
    },
    setWallClock(offsetMs) {
      wallOffsetMs = offsetMs
    },
    revoke(device) {
      const known = catalogue.devices.get(device)
      if (known) known.credential.validUntilMs = 0
    },
    allow(device) {
      const known = catalogue.devices.get(device)
      if (known) known.credential = { validUntilMs: Infinity }
    },
  }
}
