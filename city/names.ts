/**
 * Names of Things and Datastreams: paths of lower-case segments. A Thing is `shared-office/floor-2/zone-a`; a
 * Datastream is a Thing's path plus its property, `shared-office/floor-2/zone-a/co2`. Pure string work only.
 */
const SEGMENT = '[a-z0-9-]+'
const THING = new RegExp(`^${SEGMENT}(?:/${SEGMENT})*$`)
const DATASTREAM = new RegExp(`^${SEGMENT}(?:/${SEGMENT})+$`)

/** Most segments of a Datastream that comes in: twice what a campus, its rooms and their devices need. */
export const MAX_SEGMENTS = 16

/** Longest accepted path, in characters: long enough for any real building, short enough to bound every index. */
export const MAX_PATH_LENGTH = 200

/** True for `shared-office` and anything below it. */
export const isThingPath = (path: string): boolean => path.length <= MAX_PATH_LENGTH && THING.test(path)

/** True for a Thing's path plus a property: at least two segments. */
export const isDatastreamPath = (path: string): boolean =>
  path.length <= MAX_PATH_LENGTH && DATASTREAM.test(path)

/** How many segments a path has. */
export const depthOf = (path: string): number => {
  let depth = 1
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) depth += 1
  return depth
}

/** The building (first segment) that a Thing or Datastream belongs to. */
export const buildingOf = (path: string): string => {
  const slash = path.indexOf('/')
  return slash < 0 ? path : path.slice(0, slash)
}

/** The Thing that a Datastream observes: its path without the last segment. */
export const thingOf = (datastream: string): string => datastream.slice(0, datastream.lastIndexOf('/'))

/** The property that a Datastream observes: its last segment. */
export const propertyOf = (datastream: string): string => datastream.slice(datastream.lastIndexOf('/') + 1)

/** True when the Datastream's Thing is a building itself, not a part of one. */
export const isBuildingLevel = (datastream: string): boolean => !thingOf(datastream).includes('/')

/**
 * A path segment made of any text: lower case, every other character turned into `-`
 * (`Bldg 7` -> `bldg-7`), as wide files name their columns.
 */
export const toSegment = (text: string): string => text.toLowerCase().replace(/[^a-z0-9-]/gu, '-')
