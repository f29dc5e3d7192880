/**
 * The foreign topic root of a gateway: a plain prefix of one to four levels, under which it may publish in whatever
 * names its makers chose. Never a root of the city's own, never one with a meaning to MQTT.
 */
const MAX_LEVELS = 4
const MAX_LENGTH = 100
const OWN_ROOTS: ReadonlySet<string> = new Set(['nadi', 'v1.1'])
/** No wildcard, no control character, no blank at an end, not empty; and no "." and "..", which say nothing. */
const LEVEL =
  /^(?!\.{1,2}$)[^+#\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s](?:[^+#\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*[^+#\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s])?$/u

export const isGatewayRoot = (text: string): boolean => {
  if (text.length > MAX_LENGTH || text.startsWith('$')) return false
  const levels = text.split('/')
  return (
    levels.length <= MAX_LEVELS &&
    levels.every((level) => LEVEL.test(level)) &&
    !OWN_ROOTS.has((levels[0] ?? '').toLowerCase())
  )
}

/** True for the root itself and for what lies below it; `root-2` does not lie below `root`. */
export const isUnderRoot = (root: string, topic: string): boolean =>
  topic.startsWith(root) && (topic.length === root.length || topic.charCodeAt(root.length) === SLASH)

/** True when one of two roots lies below the other: a topic must belong to one gateway alone. */
export const rootsOverlap = (a: string, b: string): boolean => isUnderRoot(a, b) || isUnderRoot(b, a)

const SLASH = 47
