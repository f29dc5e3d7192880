import {
  accessOfParts,
  discloseValue,
  type Level,
  disclosePeople,
  type Observed,
  partsLeaveExactly,
} from '../city/disclosure.ts'
import { buildingNow, type PropertyNow } from '../city/buildingNow.ts'
import type { Building } from '../city/cityFile.ts'
import { NadiError } from '../city/errors.ts'
import { buildingOf, propertyOf, thingOf } from '../city/names.ts'
import type { Role } from '../city/roles.ts'
import { isSimulated } from '../city/simulated.ts'
import type { Datastream } from '../store/catalogue/catalogue.ts'
import type { ApiContext } from './context.ts'

/** A building as the API knows it: from the city file, or one that only its data speak of (an import, a device). */
export interface BuildingView {
  id: string
  name: { id: string; en: string }
  use: Building['use']
  areaSquareMetres: number | null
  capacityPeople: number | null
  geometry: Building['geometry'] | null
  /** IANA zone: the one its Datastreams state, else the city's. */
  timeZone: string
  demonstration: boolean
  /** Its entry in the city file, when there is one. */
  described: Building | undefined
}

type CityContext = Pick<ApiContext, 'city' | 'catalogue'>

/** All buildings: those of the city file in its order, then the others by name. */
export const listBuildings = (context: CityContext): BuildingView[] => {
  const described = context.city.buildings.map((building) => view(context, building.id, building))
  const known = new Set(described.map(({ id }) => id))
  const others = context.catalogue.things
    .list()
    .filter(({ path }) => !path.includes('/') && !known.has(path))
    .map(({ path }) => view(context, path, undefined))
  return [...described, ...others]
}

/** One building. Throws `not-found`. */
export const requireBuilding = (context: CityContext, id: string): BuildingView => {
  const described = context.city.buildings.find((building) => building.id === id)
  if (!described && !context.catalogue.things.find(id)) {
    throw new NadiError('not-found', `There is no building "${id}". /v1/buildings lists them.`)
  }
  return view(context, id, described)
}

const view = (context: CityContext, id: string, described: Building | undefined): BuildingView => ({
  id,
  name: described?.name ?? { id, en: id },
  use: described?.use ?? 'other',
  areaSquareMetres: described?.areaSquareMetres ?? null,
  capacityPeople: described?.capacityPeople ?? null,
  geometry: described?.geometry ?? null,
  timeZone:
    context.catalogue.datastreams.list(id).find(({ timeZone }) => timeZone !== null)?.timeZone ??
    context.city.timeZone,
  demonstration: described?.demonstration ?? false,
  described,
})

/** True when the Datastream's readings are simulated. */
export const isDemonstration = ({ city }: Pick<ApiContext, 'city'>, datastream: string): boolean =>
  isSimulated(
    city.buildings.find(({ id }) => id === buildingOf(datastream)),
    datastream,
  )

/** How many people the Datastream's Thing holds, where the city file says; only those inside compare with it. */
export const capacityOf = ({ city }: Pick<ApiContext, 'city'>, datastream: string): number | undefined => {
  if (propertyOf(datastream) !== 'occupancy') return undefined
  const building = city.buildings.find(({ id }) => id === buildingOf(datastream))
  const thing = thingOf(datastream)
  if (!building || thing === building.id) return building?.capacityPeople
  return building.zones.find(({ id }) => `${building.id}/${id}` === thing)?.capacityPeople
}

/** The zone that a Datastream's days and hours are local to. */
export const zoneOf = (
  { city }: Pick<ApiContext, 'city'>,
  { timeZone }: Pick<Datastream, 'timeZone'>,
): string => timeZone ?? city.timeZone

/** A property of a building now, as the role may have it. */
export interface DisclosedNow extends Omit<PropertyNow, 'parts'> {
  /** Of people only: how full. */
  level?: Level
  /** True when the value is not told: too few people, or too few parts to hide each of them. */
  suppressed?: boolean
}

/**
 * How each of the buildings is now, in their order, with one question to the store. `onExact` is told the buildings of
 * which the role gets a value exactly that everybody else does not.
 */
export const readNow = async (
  { catalogue, observations, now }: Pick<ApiContext, 'catalogue' | 'observations' | 'now'>,
  buildings: readonly Pick<BuildingView, 'id' | 'capacityPeople'>[],
  role: Role,
  onExact?: (building: string) => void,
): Promise<Record<string, DisclosedNow>[]> => {
  const datastreams = buildings.map(({ id }) =>
    catalogue.datastreams.list(id).filter((it) => accessOfParts(role, it, null) !== 'none'),
  )
  const latest = await observations.latest(datastreams.flat().map(({ id }) => id))
  return buildings.map(({ id, capacityPeople }, i) => {
    const exact = buildingNow({ building: id, datastreams: datastreams[i] ?? [], latest, nowMs: now() })
    if (
      onExact &&
      Object.entries(exact).some(([property, now]) =>
        partsLeaveExactly(role, observedOf(property, now), now.parts),
      )
    )
      onExact(id)
    return discloseNow(exact, role, capacityPeople ?? undefined)
  })
}

const discloseNow = (
  now: Readonly<Record<string, PropertyNow>>,
  role: Role,
  capacityPeople: number | undefined,
): Record<string, DisclosedNow> => {
  const disclosed: Record<string, DisclosedNow> = {}
  for (const [property, { parts, ...state }] of Object.entries(now)) {
    const access = accessOfParts(role, observedOf(property, state), parts)
    const { value, unit } = state
    if (access === 'none') {
      disclosed[property] = { ...UNTOLD, unit }
      continue
    }
    const capacity = property === 'occupancy' ? capacityPeople : undefined
    disclosed[property] = {
      ...state,
      ...(value !== null && discloseValue(access, value, capacity)),
      // An operator gets the level beside the exact count, so that all read the same answer.
      ...(property === 'occupancy' && {
        level: value === null ? 'unknown' : disclosePeople(value, capacity).level,
      }),
    }
  }
  return disclosed
}

/** What a building's property is put together from; registers of people have been left out before. */
const observedOf = (property: string, { unit }: Pick<PropertyNow, 'unit'>): Observed => ({
  path: `building/${property}`,
  unit,
  kind: 'instant',
})

/** A property that the building has, and of which this reader is told nothing. */
const UNTOLD = { value: null, timeMs: null, ageSeconds: null, state: 'none', suppressed: true } as const
