import { propertyOf } from '../../city/names.ts'
import { defaultKind, PROPERTIES } from '../../city/properties.ts'
import type {
  Catalogue,
  Credential,
  Datastream,
  Device,
  QuarantinedPack,
} from '../../store/catalogue/catalogue.ts'
import { createDeviceNotes } from '../../store/catalogue/deviceNotes.ts'
import type { Life } from './life.ts'
import type { World } from './world.ts'

/** The part of the catalogue that stands on the path of a reading. */
export type IngestCatalogue = Pick<
  Catalogue,
  'things' | 'datastreams' | 'devices' | 'sources' | 'births' | 'quarantine' | 'transaction'
>

/** The catalogue's file: what was committed. A transaction that fails leaves nothing behind. */
export interface CatalogueDisk {
  /** The catalogue as the process that has the file now sees it. */
  catalogueOf(life: Life): IngestCatalogue & Pick<Catalogue, 'erasures'>
  setFailing(share: number): void
  pathOf(datastreamId: number): string | undefined
  readonly quarantined: readonly Omit<QuarantinedPack, 'id'>[]
  readonly devices: ReadonlyMap<string, RevocableDevice>
  addDevice(id: string, building: string): void
}

interface RevocableDevice {
  device: Device
  credential: Credential & { validUntilMs: number }
}

export const createCatalogueDisk = ({ chance }: World): CatalogueDisk => {
  const kept = new Map<string, Datastream>()
  const quarantined: Omit<QuarantinedPack, 'id'>[] = []
  const devices = new Map<string, RevocableDevice>()
  let failing = 0

  const catalogueOf = (life: Life): IngestCatalogue & Pick<Catalogue, 'erasures'> => {
    const datastreams = new Map(kept)
    let fresh: Datastream[] | undefined

    const transaction = <T>(run: () => T): T => {
      if (fresh) return run()
      life.check()
      fresh = []
      try {
        const result = run()
        if (chance.happens(failing)) throw new Error('the disk did not take it')
        for (const datastream of fresh) kept.set(datastream.path, datastream)
        return result
      } catch (error) {
        for (const { path } of fresh) datastreams.delete(path)
        throw error
      } finally {
        fresh = undefined
      }
    }

    const make = (path: string, unit: string | undefined, undeclared: boolean): Datastream =>
      transaction(() => {
        const property = propertyOf(path)
        const made: Datastream = {
          id: kept.size + (fresh?.length ?? 0) + 1,
          path,
          thingId: 1,
          property,
          unit: PROPERTIES[property]?.unit ?? unit ?? '1',
          kind: defaultKind(property),
          brickClass: null,
          intervalSeconds: null,
          longestIntervalSeconds: null,
          timeZone: null,
          undeclared,
        }
        datastreams.set(path, made)
        fresh?.push(made)
        return made
      })

    return {
      transaction,
      things: {
        ensure: (path, brickClass) => ({ id: 1, path, brickClass: brickClass ?? null }),
        find: () => undefined,
        list: () => [],
      },
      // Nobody erases anything here.
      erasures: { add: () => undefined, covers: () => false },
      datastreams: {
        find: (path) => datastreams.get(path),
        byId: (id) => datastreams.values().find((datastream) => datastream.id === id),
        list: () => [...datastreams.values()],
        ensure: (path, unit) => datastreams.get(path) ?? make(path, unit, true),
        declare: ({ path, unit }) => datastreams.get(path) ?? make(path, unit, false),
      },
      devices: {
        add: () => 'password',
        addWithoutPassword: () => undefined,
        hasPassword: () => true,
        rotate: () => 'password',
        find: (id) => devices.get(id)?.device,
        list: () => [...devices.values()].map(({ device }) => device),
        revoke: () => undefined,
        authenticate: (id) => devices.get(id),
        setStatus: () => undefined,
        noteSeen: () => undefined,
        noteForbidden: () => undefined,
        notes: createDeviceNotes((id) => devices.has(id)),
      },
      // No gateway is simulated.
      sources: {
        of: () => undefined,
        mappedTo: () => undefined,
        claim: () => undefined,
        map: () => undefined,
      },
      births: { keep: () => undefined, remove: () => undefined, list: () => [] },
      quarantine: {
        add: (pack) => transaction(() => void quarantined.push(pack)),
        addAll(packs) {
          const before = quarantined.length
          try {
            transaction(() => void quarantined.push(...packs))
          } catch (error) {
            quarantined.length = before
            throw error
          }
        },
        list: () => [],
        ids: () => [],
        find: () => undefined,
        remove: () => undefined,
        count: () => quarantined.length,
        dropped: () => 0,
      },
    }
  }

  return {
    catalogueOf,
    setFailing(share) {
      failing = share
    },
    pathOf: (id) => kept.values().find((datastream) => datastream.id === id)?.path,
    quarantined,
    devices,
    addDevice(id, building) {
      const device: Device = {
        id,
        building,
        createdMs: 0,
        revokedMs: null,
        gateway: null,
        status: 'never',
        statusMs: null,
        lastSeenMs: null,
        forbiddenCount: 0,
      }
      devices.set(id, { device, credential: { validUntilMs: Infinity } })
    },
  }
}
