import { coversDatastream } from './labels.ts'

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
