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
  const tokens = pattern.match(/\*\*+|\*|[^*]/g) ?? []
  return (path) => fits(tokens, path)
}

/** No regular expression: one of many stars would try for ever on a path that does not fit. */
const fits = (tokens: readonly string[], path: string): boolean => {
  // Where in the path what was read of the pattern may end.
  let ends = new Uint8Array(path.length + 1)
  ends[0] = 1
  for (const token of tokens) {
    const next = new Uint8Array(path.length + 1)
    for (let at = 0; at <= path.length; at += 1) {
      if (token.startsWith('*')) {
        const goesOn = at > 0 && next[at - 1] === 1 && (token !== '*' || path[at - 1] !== '/')
        next[at] = ends[at] === 1 || goesOn ? 1 : 0
      } else if (ends[at] === 1 && path[at] === token) {
        next[at + 1] = 1
      }
    }
    ends = next
  }
  return ends[path.length] === 1
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
