import { NadiError } from '../city/errors.ts'

/**
 * The error of an append of which the store refuses some points for good (too old for its retention, of another type
 * than what it has): `reasons` by position, undefined for those that are durable now. Its problems point at each
 * refused one, `/3`.
 */
export const pointsRefused = (reasons: readonly (string | undefined)[]): NadiError => {
  const problems = reasons.flatMap((reason, index) =>
    reason === undefined ? [] : [{ pointer: `/${index}`, detail: `the store refuses it: ${reason}` }],
  )
  return new NadiError(
    'points-refused',
    `The store refuses ${problems.length} of ${reasons.length} readings and keeps the others: ${problems[0]?.detail ?? ''}.`,
    { problems },
  )
}

/** The reasons of `points-refused` by position; undefined for every other error. */
export const refusedReasons = (error: unknown): Map<number, string> | undefined =>
  error instanceof NadiError && error.code === 'points-refused'
    ? new Map(error.problems.map(({ pointer, detail }) => [Number(pointer.slice(1)), detail]))
    : undefined
