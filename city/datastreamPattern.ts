import { coversDatastream } from './labels.ts'
import { buildingOf } from './names.ts'

/** Longest pattern, in characters. */
export const MAX_PATTERN_LENGTH = 200

/** True for a path in which `*` stands for any characters of a segment and `**` for any at all. */
export const isDatastreamPattern = (pattern: string): boolean =>
  pattern.length <= MAX_PATTERN_LENGTH && /^[a-z0-9*-]+(?:\/[a-z0-9*-]+)*$/.test(pattern)

/**
 * What a pattern names: the Datastream of that path, or all at and below the Thing of that path (`library`), or, with
 * stars, all Datastreams whose whole path fits: `*` + `/energy` is the energy of every building.
 */
export const datastreamMatcher = (pattern: string): ((path: string) => boolean) => {
  if (!pattern.includes('*')) return (path) => coversDatastream(pattern, path)
  const expression = new RegExp(
    `^${pattern
      .split(/(\*+)/)
      .map((part) => (part.startsWith('**') ? '.*' : part === '*' ? '[^/]*' : RegExp.escape(part)))
      .join('')}$`,
  )
  return (path) => expression.test(path)
}

/**
 * True for what may stand beside the rows of an export: a Datastream, or a property (`occupancy`) of each row's own
 * building.
 */
export const isCovariate = (name: string): boolean =>
  name.length <= MAX_PATTERN_LENGTH && /^[a-z0-9-]+(?:\/[a-z0-9-]+)*$/.test(name)

/** The Datastream that a covariate is for the rows of another one. */
export const covariateFor = (name: string, datastream: string): string =>
  name.includes('/') ? name : `${buildingOf(datastream)}/${name}`
