/**
 * Topic filters (MQTT 3.1.1, section 4.7): their grammar, and which topics one matches. Pure. Names are compared
 * character by character, nothing is normalised [MQTT-4.7.3-4].
 */

/** Deeper filters are not granted: a match walks no further than the deepest filter that was. */
export const MAX_FILTER_LEVELS = 100

/** True when `filter` may be subscribed to: wildcards fill a whole level, and "#" is the last [MQTT-4.7.1-2, -3]. */
export const isTopicFilter = (filter: string): boolean => {
  if (filter === '') return false
  const levels = filter.split('/')
  return levels.every((level, i) => {
    if (level === '#') return i === levels.length - 1
    return level === '+' || !(level.includes('#') || level.includes('+'))
  })
}

export const levelsOf = (filter: string): number => filter.split('/').length

/** A filter that begins with a wildcard matches no topic that begins with "$" [MQTT-4.7.2-1]. */
export const filterMatches = (filter: string, topic: string): boolean => {
  if (topic.startsWith('$') && startsWithWildcard(filter)) return false
  const wanted = filter.split('/')
  const levels = topic.split('/')
  for (const [i, level] of wanted.entries()) {
    if (level === '#') return true
    if (i >= levels.length || (level !== '+' && level !== levels[i])) return false
  }
  return wanted.length === levels.length
}

export const startsWithWildcard = (filter: string): boolean =>
  filter.startsWith('+') || filter.startsWith('#')
