/** Above this a number counts milliseconds: as seconds it would be the year 5138. */
const FIRST_MILLISECONDS = 1e11
/** Before this a number is no time of day but a time since something. */
const FIRST_SECONDS = 2 ** 28

/** A time as foreign devices write it (ISO 8601 with an offset, seconds or milliseconds since 1970); else undefined. */
export const foreignTimeMs = (given: unknown): number | undefined => {
  if (typeof given === 'number') {
    if (!(given >= FIRST_SECONDS)) return undefined
    return Math.round(given >= FIRST_MILLISECONDS ? given : given * 1000)
  }
  if (typeof given !== 'string' || !/^\d{4}-\d{2}-\d{2}T.*(?:Z|[+-]\d{2}:?\d{2})$/i.test(given))
    return undefined
  const timeMs = Date.parse(given)
  return Number.isNaN(timeMs) ? undefined : timeMs
}
