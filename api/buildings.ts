import { accessOf, discloseValue, type Level, disclosePeople } from '../city/disclosure.ts'
import { buildingNow, type PropertyNow } from '../city/buildingNow.ts'
import type { Building } from '../city/cityFile.ts'
import { NadiError } from '../city/errors.ts'
import { buildingOf, thingOf } from '../city/names.ts'
import type { Role } from '../city/roles.ts'
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

/** True when the Thing's building is a demonstration, whose readings are simulated. */
export const isDemonstration = ({ city }: Pick<ApiContext, 'city'>, path: string): boolean =>
  city.buildings.find(({ id }) => id === buildingOf(path))?.demonstration ?? false

/** How many people the Datastream's Thing holds, where the city file says. */
export const capacityOf = ({ city }: Pick<ApiContext, 'city'>, datastream: string): number | undefined => {
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
export interface DisclosedNow extends PropertyNow {
  /** Of occupancy only: how full, and whether the count is too small to be told. */
  level?: Level
  suppressed?: boolean
}

/** How each of the buildings is now, in their order, with one question to the store. */
export const readNow = async (
  { catalogue, observations, now }: Pick<ApiContext, 'catalogue' | 'observations' | 'now'>,
  buildings: readonly Pick<BuildingView, 'id' | 'capacityPeople'>[],
  role: Role,
): Promise<Record<string, DisclosedNow>[]> => {
  const datastreams = buildings.map(({ id }) => catalogue.datastreams.list(id))
  const latest = await observations.latest(datastreams.flat().map(({ id }) => id))
  return buildings.map(({ id, capacityPeople }, i) => {
    const exact = buildingNow({ building: id, datastreams: datastreams[i] ?? [], latest, nowMs: now() })
    return discloseNow(id, exact, role, capacityPeople ?? undefined)
  })
}

const discloseNow = (
  building: string,
  now: Readonly<Record<string, PropertyNow>>,
  role: Role,
  capacityPeople: number | undefined,
): Record<string, DisclosedNow> => {
  const disclosed: Record<string, DisclosedNow> = {}
  for (const [property, state] of Object.entries(now)) {
    const access = accessOf(role, `${building}/${property}`)
    if (access === 'none') continue
    const { value } = state
    disclosed[property] = {
      ...state,
      ...(value !== null && discloseValue(access, value, capacityPeople)),
      // An operator gets the level beside the exact count, so that all read the same answer.
      ...(property === 'occupancy' && {
        level: value === null ? 'unknown' : disclosePeople(value, capacityPeople).level,
      }),
    }
  }
  return disclosed
}
